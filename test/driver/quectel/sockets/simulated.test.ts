import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it, vi } from "vitest";
import type { ModemSocket, SocketEvents } from "../../../../driver/services/sockets/sockets";
import { useEventLoopClock } from "../../../support/clock";
import { failure } from "../../../support/failure";
import { closedPort } from "../../../support/listen";
import { pem, profile } from "../security/tls-profile";
import { dial, hash, MEGABYTE, SimulatedBench } from "../simulated-bench";
import { HOSTILE, Owner } from "./socket-session";

vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

const bench = new SimulatedBench();

describe("sockets by the simulated BG96", () => {
  it("carry a megabyte up, and tell the server its end", { timeout: 120_000 }, async () => {
    const got: Buffer[] = [];
    let ended = false;
    const port = await bench.serve((socket) => {
      socket.on("data", (part) => got.push(part));
      socket.on("end", () => {
        ended = true;
      });
    });
    const socket = await dial(await bench.start(port), new Owner());
    const data = randomBytes(MEGABYTE);
    for (let at = 0; at < data.length; at += 50_000) await socket.send(data.subarray(at, at + 50_000));
    await socket.close();
    await vi.waitFor(() => expect(ended).toBe(true));
    expect(hash(Buffer.concat(got))).toBe(hash(data));
  });

  it("carry a megabyte down, up to the server's end", { timeout: 120_000 }, async () => {
    const data = Buffer.concat([HOSTILE, randomBytes(MEGABYTE), HOSTILE]);
    const port = await bench.serve((socket) => socket.end(data));
    const owner = new Owner();
    await dial(await bench.start(port), owner);
    await vi.waitFor(() => expect(owner.ends).toEqual([undefined]), { timeout: 100_000, interval: 50 });
    expect(hash(owner.data)).toBe(hash(data));
  });

  it("carry both ways at once on several, with other commands between", { timeout: 60_000 }, async () => {
    const driver = await bench.start(await bench.serve((socket) => socket.pipe(socket)));
    const data = Buffer.concat([HOSTILE, randomBytes(50_000)]);
    const owners = [new Owner(), new Owner(), new Owner()];
    const sockets = await Promise.all(owners.map((owner) => dial(driver, owner)));
    const sending = Promise.all(sockets.map((socket) => socket.send(data)));
    expect(await driver.services.packetData.status(1)).toMatchObject({ active: true });
    await sending;
    await vi.waitFor(() => expect(owners.every(({ data: { length } }) => length === data.length)).toBe(true), {
      timeout: 30_000,
    });
    for (const owner of owners) expect(hash(owner.data)).toBe(hash(data));
    expect(await sockets[0]?.status()).toMatchObject({ state: "established", unread: 0, unacknowledged: 0 });
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  it("keep the borders of datagrams both ways", { timeout: 30_000 }, async () => {
    const echo = createSocket("udp4");
    echo.on("message", (message, from) => echo.send(message, from.port, from.address));
    echo.bind(0, "127.0.0.1");
    await once(echo, "listening");
    bench.atEnd(() => echo.close());
    const { port } = echo.address();
    const driver = await bench.start(port);
    const owner = new Owner();
    const socket = await driver.services.sockets.openUdp({ timeout: 10_000 }, owner);
    const sent = Array.from({ length: 40 }, (_value, index) => randomBytes(1 + index * 37));
    for (const [index, datagram] of [HOSTILE, ...sent].entries()) {
      await socket.send(datagram, { to: { host: "server.test", port } });
      await vi.waitFor(() => expect(owner.parts).toHaveLength(index + 1), { timeout: 5_000, interval: 5 });
    }
    expect(owner.parts.map(hash)).toEqual([HOSTILE, ...sent].map(hash));
    await socket.close();
  });

  it("carry TLS both ways, and tell a failed handshake", { timeout: 60_000 }, async () => {
    const driver = await bench.start(await bench.serveTls((socket) => socket.pipe(socket)));
    const owner = new Owner();
    const socket = await dial(driver, owner, { security: profile() });
    const data = Buffer.concat([HOSTILE, randomBytes(20_000)]);
    await socket.send(data);
    await vi.waitFor(() => expect(owner.data.length).toBe(data.length), { timeout: 20_000 });
    expect(hash(owner.data)).toBe(hash(data));
    await socket.close();
    const wrong = dial(driver, new Owner(), { security: profile({ ca: pem("other-ca.cert") }) });
    expect(await failure(wrong)).toMatchObject({ code: "TLS_FAILED" });
  });

  it("listen, answer who connects, and close", { timeout: 30_000 }, async () => {
    const localPort = await closedPort();
    const driver = await bench.start(localPort);
    const owner = new Owner();
    const accepted: ModemSocket[] = [];
    const accept = (socket: ModemSocket): SocketEvents => {
      accepted.push(socket);
      return owner;
    };
    const listener = await driver.services.sockets.listen({ localPort, timeout: 10_000 }, accept, () => undefined);
    const client = connect(localPort, "127.0.0.1");
    const got: Buffer[] = [];
    client.on("data", (part) => got.push(part));
    client.write(HOSTILE);
    await vi.waitFor(() => expect(owner.data.equals(HOSTILE)).toBe(true), { timeout: 10_000 });
    await accepted[0]?.send(HOSTILE);
    await vi.waitFor(() => expect(Buffer.concat(got).equals(HOSTILE)).toBe(true), { timeout: 10_000 });
    client.end();
    await vi.waitFor(() => expect(owner.ends).toEqual([undefined]), { timeout: 10_000 });
    await listener.close();
    const refused = connect(localPort, "127.0.0.1");
    await expect(once(refused, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("end when the modem restarts", { timeout: 60_000 }, async () => {
    const driver = await bench.start(await bench.serve((socket) => socket.pipe(socket)), "&boot=50");
    const owner = new Owner();
    await dial(driver, owner);
    await driver.reboot();
    await vi.waitFor(() => expect(owner.ends).toEqual(["MODEM_RESTARTED"]), { timeout: 20_000 });
  });

  it("tell a refused connection and a name that nobody has", { timeout: 60_000 }, async () => {
    const driver = await bench.start(await closedPort());
    expect(await failure(dial(driver, new Owner(), { host: "nobody.test" }))).toMatchObject({ code: "DNS_FAILED" });
    expect(await failure(dial(driver, new Owner()))).toMatchObject({ code: "CONNECT_FAILED" });
  });
});
