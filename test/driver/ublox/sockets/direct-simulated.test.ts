import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../../support/clock";
import { failure } from "../../../support/failure";

import { tls } from "../security/fake-tls";
import { Seen } from "./fake-sockets";
import { SimulatedSockets, sha256, tcp } from "./simulated-sockets";

vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

const modem = new SimulatedSockets();
const direct = tcp({ mode: "direct" });
const OTHER = { line: "AT+USOER", label: "AT+USOER", expects: [{ prefix: "+USOER:" }], timeout: 20_000 };
const LONG = { timeout: 20_000 };

/** What a server gets, and the socket it gets it from. */
class Server {
  readonly chunks: Buffer[] = [];
  peer: Socket | undefined;
  ended = false;

  readonly onSocket = (socket: Socket): void => {
    this.peer = socket;
    socket
      .on("data", (bytes) => this.chunks.push(bytes))
      .on("end", () => {
        this.ended = true;
        socket.end();
      });
  };

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

describe("LARA-R6's direct link on the simulated LARA-R6", () => {
  it("carries a megabyte each way at once, byte for byte", async () => {
    const server = new Server();
    await modem.plug(await modem.serve(server.onSocket));
    const seen = new Seen();
    const socket = await modem.sockets.connect(direct, seen);
    expect(socket.way).toBe("direct link");
    const [up, down] = [randomBytes(1_000_000), randomBytes(1_000_000)];
    await expect.poll(() => server.peer !== undefined).toBe(true);
    server.peer?.write(down);
    for (let at = 0; at < up.length; at += 70_000) await socket.send(up.subarray(at, at + 70_000));
    await expect.poll(() => seen.data.length, LONG).toBe(down.length);
    await socket.close();
    await expect.poll(() => server.ended, LONG).toBe(true);
    expect(sha256(seen.data)).toBe(sha256(down));
    expect(sha256(server.received)).toBe(sha256(up));
    expect(seen.closed).toEqual([undefined]);
  }, 60_000);

  it("carries the modem's own words as data, even where silence surrounds them", async () => {
    const server = new Server();
    await modem.plug(await modem.serve(server.onSocket));
    const seen = new Seen();
    const socket = await modem.sockets.connect(direct, seen);
    const words = ["+++", "\r\nDISCONNECT\r\n", "\r\nNO CARRIER\r\n\r\nOK\r\n", "AT\r"];
    for (const word of words) {
      await socket.send(Buffer.from(word));
      server.peer?.write(word);
      await expect.poll(() => seen.data.toString().endsWith(word), LONG).toBe(true);
      await expect.poll(() => server.received.toString().endsWith(word), LONG).toBe(true);
    }
    await socket.close();
    await expect.poll(() => server.ended, LONG).toBe(true);
    expect(server.received.toString()).toBe(words.join(""));
    expect(seen.data.toString()).toBe(words.join(""));
  }, 120_000);

  it("delivers everything before the end when the peer closes", async () => {
    const data = randomBytes(300_000);
    await modem.plug(await modem.serve((socket) => socket.end(data)));
    const seen = new Seen();
    await modem.sockets.connect(direct, seen);
    await seen.over;
    expect(seen.closed).toEqual([undefined]);
    expect(sha256(seen.data)).toBe(sha256(data));
  }, 30_000);

  it("delivers everything when the peer closes while others have the line", async () => {
    const server = new Server();
    await modem.plug(await modem.serve(server.onSocket));
    const seen = new Seen();
    const socket = await modem.sockets.connect(direct, seen);
    await socket.send(Buffer.from("x"));
    await expect.poll(() => server.received.length).toBe(1);
    const data = randomBytes(9000);
    const other = modem.channel.send(OTHER).then(() => server.peer?.end(data));
    const more = Array.from({ length: 20 }, () => modem.channel.send(OTHER));
    await Promise.all([other, ...more]);
    await seen.over;
    expect(seen.data.equals(data)).toBe(true);
    expect(seen.closed).toEqual([undefined]);
  }, 30_000);

  it("ends when the peer resets the connection", async () => {
    await modem.plug(await modem.serve((socket) => socket.on("data", () => socket.resetAndDestroy())));
    const seen = new Seen();
    const socket = await modem.sockets.connect(direct, seen);
    await socket.send(Buffer.from("x"));
    await seen.over;
    expect((await failure(socket.send(Buffer.from("y")))).code).toBe("CONNECTION_CLOSED");
  }, 30_000);

  it("lets other commands in during a transfer, and loses nothing", async () => {
    await modem.plug(await modem.serve((socket) => socket.pipe(socket)));
    const seen = new Seen();
    const socket = await modem.sockets.connect(direct, seen);
    const data = randomBytes(200_000);
    for (let at = 0; at < data.length; at += 50_000) {
      await socket.send(data.subarray(at, at + 50_000));
      expect((await modem.channel.send(OTHER)).lines).toHaveLength(1);
      expect((await socket.status()).state).toBe("established");
    }
    await expect.poll(() => seen.data.length, LONG).toBe(data.length);
    expect(sha256(seen.data)).toBe(sha256(data));
    await socket.close();
  }, 60_000);

  it("closes after what is being sent", async () => {
    const server = new Server();
    await modem.plug(await modem.serve(server.onSocket));
    const socket = await modem.sockets.connect(direct, new Seen());
    const data = randomBytes(500_000);
    const sent = socket.send(data);
    await socket.close();
    await sent;
    await expect.poll(() => server.ended, LONG).toBe(true);
    expect(sha256(server.received)).toBe(sha256(data));
  }, 30_000);

  it("waits for a peer that does not read, and loses and repeats nothing", async () => {
    const server = new Server();
    await modem.plug(await modem.serve((socket) => server.onSocket(socket.pause())));
    const socket = await modem.sockets.connect(direct, new Seen());
    await expect.poll(() => server.peer !== undefined, LONG).toBe(true);
    server.peer?.pause();
    const data = randomBytes(9_000_000);
    let sent = 0;
    const work = (async () => {
      for (; sent < data.length; sent += 100_000) await socket.send(data.subarray(sent, sent + 100_000));
    })();
    const atRest = async (): Promise<boolean> => {
      const before = sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return before > 0 && before === sent;
    };
    await expect.poll(atRest, LONG).toBe(true);
    expect(sent).toBeLessThan(data.length);
    server.peer?.resume();
    await work;
    await socket.close();
    await expect.poll(() => server.ended, LONG).toBe(true);
    expect(sha256(server.received)).toBe(sha256(data));
  }, 60_000);

  it("carries TLS both ways", async () => {
    await modem.plug(await modem.serveTls((socket) => socket.pipe(socket)));
    const seen = new Seen();
    const socket = await modem.sockets.connect({ ...direct, security: tls() }, seen);
    const data = randomBytes(100_000);
    await socket.send(data);
    await expect.poll(() => seen.data.length, LONG).toBe(data.length);
    expect(sha256(seen.data)).toBe(sha256(data));
    await socket.close();
    expect(seen.closed).toEqual([undefined]);
  }, 30_000);

  it("takes turns with a second direct link", async () => {
    await modem.plug(await modem.serve((socket) => socket.pipe(socket)));
    const all = await Promise.all(
      ["first", "second"].map(async (text) => {
        const seen = new Seen();
        return { text, seen, socket: await modem.sockets.connect({ ...direct, timeout: 60_000 }, seen) };
      }),
    );
    for (let round = 0; round < 2; round += 1) {
      await Promise.all(all.map(({ socket, text }) => socket.send(Buffer.from(text))));
    }
    for (const { text, seen } of all) {
      await expect.poll(() => seen.data.toString(), { timeout: 60_000 }).toBe(text.repeat(2));
    }
    await Promise.all(all.map(({ socket }) => socket.close()));
  }, 120_000);

  it("leaves the sockets to others when it is closed, and shares the line with them before", async () => {
    await modem.plug(await modem.serve((socket) => socket.pipe(socket)));
    const [first, second] = [new Seen(), new Seen()];
    const stream = await modem.sockets.connect(direct, first);
    const plain = await modem.sockets.connect(tcp(), second);
    await stream.send(Buffer.from("stream"));
    await plain.send(Buffer.from("plain"));
    await expect.poll(() => first.data.toString(), LONG).toBe("stream");
    await expect.poll(() => second.data.toString(), LONG).toBe("plain");
    await plain.close();
    await stream.close();
    for (let count = 0; count < 7; count += 1) await modem.sockets.connect(tcp(), new Seen());
  }, 60_000);
});
