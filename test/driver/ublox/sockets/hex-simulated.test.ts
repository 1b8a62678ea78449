import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import type { Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../../support/clock";
import { tls } from "../security/fake-tls";
import { Seen } from "./fake-sockets";
import { SimulatedSockets, sha256, tcp } from "./simulated-sockets";

vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

const MODE = "AT+UDCONF=1";

async function modeOf({ channel }: SimulatedSockets): Promise<string | undefined> {
  const question = { line: MODE, label: MODE, timeout: 5000, expects: [{ prefix: "+UDCONF:" }] };
  return (await channel.send(question)).lines[0]?.text;
}

function changesOf({ sent }: SimulatedSockets): number {
  return sent.filter((line) => line === "AT+UDCONF=1,1").length;
}

/** A server that keeps what comes, and calls back about it. */
function sink(onData: (total: number, socket: Socket) => void = () => undefined) {
  const chunks: Buffer[] = [];
  let total = 0;
  return {
    get data(): Buffer {
      return Buffer.concat(chunks);
    },
    get total(): number {
      return total;
    },
    take: (socket: Socket): void => {
      socket.on("data", (bytes) => {
        chunks.push(bytes);
        total += bytes.length;
        onData(total, socket);
      });
    },
  };
}

describe("hex mode of the simulated LARA-R6", () => {
  const modem = new SimulatedSockets();

  it("carries a megabyte up while another socket is read, and is off at the end", async () => {
    const down = randomBytes(200_000);
    let given = 0;
    let listener: Socket | undefined;
    const up = sink((total) => {
      // Now and then something for the other socket, while the upload goes on.
      const due = Math.min(down.length, Math.floor(total / 100_000) * 20_000);
      if (due > given) listener?.write(down.subarray(given, due));
      given = Math.max(given, due);
    });
    const port = await modem.serve((socket) => {
      if (listener === undefined) listener = socket;
      else up.take(socket);
    });
    await modem.plug(port);
    const seen = new Seen();
    await modem.sockets.connect(tcp(), seen);
    await expect.poll(() => listener !== undefined).toBe(true);
    const socket = await modem.sockets.connect(tcp(), new Seen());
    const data = randomBytes(1_000_000);
    await socket.send(data);
    expect(await modeOf(modem)).toBe("+UDCONF: 1,0");
    await expect.poll(() => up.total, { timeout: 20_000 }).toBe(data.length);
    await expect.poll(() => seen.data.length, { timeout: 20_000 }).toBe(down.length);
    expect(sha256(up.data)).toBe(sha256(data));
    expect(sha256(seen.data)).toBe(sha256(down));
    expect(changesOf(modem)).toBeGreaterThan(0);
    expect(seen.closed).toEqual([]);
    expect(await modeOf(modem)).toBe("+UDCONF: 1,0");
  }, 60_000);

  it("is shared by seven uploads at once", async () => {
    const sinks = Array.from({ length: 7 }, () => sink());
    let next = 0;
    const port = await modem.serve((socket) => {
      sinks[next]?.take(socket);
      next += 1;
    });
    await modem.plug(port);
    const datas = sinks.map(() => randomBytes(50_000));
    const work: Promise<void>[] = [];
    for (const [index, data] of datas.entries()) {
      const socket = await modem.sockets.connect(tcp(), new Seen());
      await expect.poll(() => next).toBe(index + 1);
      work.push(socket.send(data));
    }
    await Promise.all(work);
    for (const [index, one] of sinks.entries()) {
      await expect.poll(() => one.total, { timeout: 20_000 }).toBe(50_000);
      expect(sha256(one.data)).toBe(sha256(datas[index] ?? Buffer.alloc(0)));
    }
    expect(changesOf(modem)).toBeGreaterThan(0);
    expect(await modeOf(modem)).toBe("+UDCONF: 1,0");
  }, 60_000);

  it("carries many datagrams whole", async () => {
    const arrived: Buffer[] = [];
    const receiver = createSocket("udp4");
    receiver.on("message", (data) => arrived.push(data));
    await new Promise<void>((resolve) => receiver.bind(0, "127.0.0.1", resolve));
    modem.atEnd(() => new Promise((resolve) => receiver.close(() => resolve())));
    const to = { host: "127.0.0.1", port: receiver.address().port };
    await modem.plug(to.port);
    const socket = await modem.sockets.openUdp({ timeout: 5000 }, new Seen());
    const datagrams: Buffer[] = [];
    // The first read, of what may wait already, has to be over for a while.
    while (changesOf(modem) === 0 && datagrams.length < 5000) {
      const some = Array.from({ length: 50 }, (_, index) => randomBytes(1 + ((index * 37) % 600)));
      datagrams.push(...some);
      await Promise.all(some.map((datagram) => socket.send(datagram, { to })));
      await expect.poll(() => arrived.length, { timeout: 10_000, interval: 5 }).toBe(datagrams.length);
    }
    expect(arrived).toEqual(datagrams);
    expect(changesOf(modem)).toBeGreaterThan(0);
    expect(await modeOf(modem)).toBe("+UDCONF: 1,0");
  }, 30_000);

  it("carries an upload over TLS", async () => {
    const up = sink();
    await modem.plug(await modem.serveTls((socket) => up.take(socket)));
    const socket = await modem.sockets.connect(tcp({ security: tls() }), new Seen());
    const data = randomBytes(30_000);
    await socket.send(data);
    await expect.poll(() => up.total, { timeout: 20_000 }).toBe(data.length);
    expect(sha256(up.data)).toBe(sha256(data));
    expect(changesOf(modem)).toBeGreaterThan(0);
    expect(await modeOf(modem)).toBe("+UDCONF: 1,0");
  }, 60_000);
});
