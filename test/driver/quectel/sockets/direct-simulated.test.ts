import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { closedPort } from "../../../support/listen";
import { profile } from "../security/tls-profile";
import { dial, hash, MEGABYTE, SimulatedBench } from "../simulated-bench";
import { HOSTILE, Owner } from "./socket-session";

vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

const bench = new SimulatedBench();
const DIRECT = { mode: "direct" } as const;
/** What the end of data mode looks like, where it is none. */
const LOOKALIKES = Buffer.from("a+++b\r\nNO CARRIER\r\nc\r\nOK\r\nd\r\nCONNECT\r\n\r\nRDY\r\ne");
const PATIENCE = { timeout: 40_000, interval: 20 };

function mixed(): Buffer {
  const parts = Array.from({ length: 16 }, () => [randomBytes(MEGABYTE / 16), HOSTILE, LOOKALIKES]);
  return Buffer.concat(parts.flat());
}

/** A server that keeps what it gets. */
function collector() {
  const parts: Buffer[] = [];
  const sockets: Socket[] = [];
  const onConnection = (socket: Socket): void => {
    sockets.push(socket);
    socket.on("data", (part) => parts.push(part));
  };
  return { onConnection, sockets, data: () => Buffer.concat(parts) };
}

describe("direct connections by the simulated BG96", () => {
  it("carry a megabyte up, whatever it looks like, and tell the server its end", { timeout: 60_000 }, async () => {
    const server = collector();
    const ended = vi.fn();
    const driver = await bench.start(
      await bench.serve((socket) => {
        server.onConnection(socket);
        socket.on("end", ended);
      }),
    );
    const owner = new Owner();
    const socket = await dial(driver, owner, DIRECT);
    const data = mixed();
    for (let at = 0; at < data.length; at += 50_000) await socket.send(data.subarray(at, at + 50_000));
    await socket.close();
    await vi.waitFor(() => expect(ended).toHaveBeenCalled(), PATIENCE);
    expect(hash(server.data())).toBe(hash(data));
    expect(owner.ends).toEqual([undefined]);
  });

  it("carry a megabyte down, up to the server's end", { timeout: 60_000 }, async () => {
    const data = mixed();
    const driver = await bench.start(await bench.serve((socket) => socket.end(data)));
    const owner = new Owner();
    await dial(driver, owner, DIRECT);
    await vi.waitFor(() => expect(owner.ends).toEqual([undefined]), PATIENCE);
    expect(hash(owner.data)).toBe(hash(data));
  });

  it("carry both ways at once", { timeout: 60_000 }, async () => {
    const driver = await bench.start(await bench.serve((socket) => socket.pipe(socket)));
    const owner = new Owner();
    const socket = await dial(driver, owner, DIRECT);
    const data = Buffer.concat([LOOKALIKES, randomBytes(200_000), HOSTILE, LOOKALIKES]);
    await socket.send(data);
    await vi.waitFor(() => expect(owner.data.length).toBe(data.length), PATIENCE);
    expect(hash(owner.data)).toBe(hash(data));
    expect(owner.ends).toEqual([]);
    await socket.close();
  });

  it("are not ended by the escape sequence in a payload of its own", { timeout: 60_000 }, async () => {
    const server = collector();
    const driver = await bench.start(await bench.serve(server.onConnection));
    const owner = new Owner();
    const socket = await dial(driver, owner, DIRECT);
    await socket.send(Buffer.from("+++"));
    await socket.send(Buffer.from("after"));
    await socket.close();
    await vi.waitFor(() => expect(server.data().toString()).toBe("+++after"), PATIENCE);
    expect(owner.data.length).toBe(0);
  });

  it("let other commands in, and lose nothing of what comes meanwhile", { timeout: 60_000 }, async () => {
    const server = collector();
    const driver = await bench.start(await bench.serve(server.onConnection));
    const owner = new Owner();
    const socket = await dial(driver, owner, DIRECT);
    const expected: Buffer[] = [];
    const ticks = setInterval(() => {
      const tick = randomBytes(50);
      expected.push(tick);
      server.sockets[0]?.write(tick);
    }, 20);
    const status = driver.services.packetData.status(1);
    expect(await status).toMatchObject({ active: true });
    const part = randomBytes(15_000);
    await socket.send(part);
    clearInterval(ticks);
    const all = Buffer.concat(expected);
    await vi.waitFor(() => expect(owner.data.length).toBe(all.length), PATIENCE);
    expect(hash(owner.data)).toBe(hash(all));
    await vi.waitFor(() => expect(hash(server.data())).toBe(hash(part)), PATIENCE);
    await socket.close();
    expect(owner.ends).toEqual([undefined]);
  });

  it("let a command in during a long transfer on a paced line", { timeout: 60_000 }, async () => {
    const server = collector();
    const driver = await bench.start(await bench.serve(server.onConnection), "&baud=921600");
    const socket = await dial(driver, new Owner(), DIRECT);
    const data = randomBytes(800_000);
    const sending = socket.send(data);
    expect(await driver.services.packetData.status(1)).toMatchObject({ active: true });
    expect(server.data().length).toBeLessThan(data.length);
    await sending;
    await socket.close();
    await vi.waitFor(() => expect(server.data().length).toBe(data.length), PATIENCE);
    expect(hash(server.data())).toBe(hash(data));
  });

  it("carry TLS both ways, and tell a failed handshake", { timeout: 60_000 }, async () => {
    const driver = await bench.start(await bench.serveTls((socket) => socket.pipe(socket)));
    const owner = new Owner();
    const socket = await dial(driver, owner, { ...DIRECT, security: profile() });
    const data = Buffer.concat([LOOKALIKES, randomBytes(50_000), HOSTILE]);
    await socket.send(data.subarray(0, 20_000));
    expect(await driver.services.packetData.status(1)).toMatchObject({ active: true });
    await socket.send(data.subarray(20_000));
    await vi.waitFor(() => expect(owner.data.length).toBe(data.length), PATIENCE);
    expect(hash(owner.data)).toBe(hash(data));
    await socket.close();
    const plain = await bench.start(await bench.serve((peer) => peer.destroy()));
    const failed = await failure(dial(plain, new Owner(), { ...DIRECT, security: profile() }));
    expect(failed).toMatchObject({ code: "TLS_FAILED" });
  });

  it("end when the peer closes while others have the line, after what it had sent", { timeout: 60_000 }, async () => {
    const server = collector();
    const { driver, channel } = await bench.plug(await bench.serve(server.onConnection));
    const owner = new Owner();
    await dial(driver, owner, DIRECT);
    const last = randomBytes(10_000);
    await channel.send({ line: "AT", label: "AT", timeout: 5_000 });
    server.sockets[0]?.end(last);
    await vi.waitFor(() => expect(owner.ends).toEqual([undefined]), PATIENCE);
    expect(hash(owner.data)).toBe(hash(last));
  });

  it("end when the peer resets them, and another one stands at once", { timeout: 60_000 }, async () => {
    const server = collector();
    const driver = await bench.start(await bench.serve(server.onConnection));
    const owner = new Owner();
    await dial(driver, owner, DIRECT);
    await vi.waitFor(() => expect(server.sockets).toHaveLength(1), PATIENCE);
    server.sockets[0]?.resetAndDestroy();
    const second = await dial(driver, new Owner(), DIRECT);
    expect(owner.ends).toEqual([undefined]);
    await second.send(LOOKALIKES);
    await second.close();
    await vi.waitFor(() => expect(server.data().equals(LOOKALIKES)).toBe(true), PATIENCE);
  });

  it("tell a refused connection and a name that nobody has", { timeout: 60_000 }, async () => {
    const driver = await bench.start(await closedPort());
    const nobody = dial(driver, new Owner(), { ...DIRECT, host: "nobody.test" });
    expect(await failure(nobody)).toMatchObject({ code: "DNS_FAILED" });
    expect(await failure(dial(driver, new Owner(), DIRECT))).toMatchObject({ code: "CONNECT_FAILED" });
  });

  it("end when the modem restarts", { timeout: 60_000 }, async () => {
    const driver = await bench.start(await bench.serve((socket) => socket.pipe(socket)), "&boot=50");
    const owner = new Owner();
    await dial(driver, owner, DIRECT);
    await driver.reboot();
    await vi.waitFor(() => expect(owner.ends).toEqual(["MODEM_RESTARTED"]), PATIENCE);
  });
});
