import type { Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { Congestion } from "../../../simulator/internet/congestion";
import type { Internet } from "../../../simulator/internet/internet";
import { createInternet, parseRoute } from "../../../simulator/internet/real-internet";
import { ByteQueue } from "../../../simulator/internet/tcp-udp/bytes";
import { TcpConnection } from "../../../simulator/internet/tcp-udp/connection";
import { UdpSocket } from "../../../simulator/internet/tcp-udp/datagrams";
import { SocketError, type SocketSurroundings } from "../../../simulator/internet/tcp-udp/tcp-udp";
import { ALL_BYTES, closedPort, tcpServer } from "./servers";

const LIMITS = { receive: 1000, send: 500 };

function surroundings(routes: readonly string[] = [], latency = 0): SocketSurroundings & { end: AbortController } {
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const internet: Internet = createInternet({ routes: routes.map(parseRoute), latency, random: () => 0.5 });
  return { internet, signal: end.signal, end };
}

/** What a connection told, in words. */
function heard(connection: TcpConnection): string[] {
  const events: string[] = [];
  connection.watch({
    received: (before) => events.push(`received ${before}`),
    sent: () => undefined,
    ended: (error) => events.push(`ended ${error?.failure ?? "well"}`),
  });
  return events;
}

async function connection(onPeer: (peer: Socket) => void, latency = 0) {
  const port = await tcpServer(onPeer);
  const around = surroundings([], latency);
  return { around, tcp: await TcpConnection.open({ host: "127.0.0.1", port }, LIMITS, around) };
}

describe("a TCP connection", () => {
  it("hears nothing of its peer before somebody watches", async () => {
    const { tcp } = await connection((peer) => peer.end("hello"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(tcp.unread).toBe(0);
    const events = heard(tcp);
    await expect.poll(() => events).toEqual(["received 0", "ended well"]);
    expect(tcp.read(99).toString()).toBe("hello");
  });

  it("is given up in time while the network moves nothing", async () => {
    const { internet, signal } = surroundings();
    const congestion = new Congestion();
    congestion.begin();
    const congested = { internet: { ...internet, delay: (over?: AbortSignal) => congestion.over(over) }, signal };
    const opening = TcpConnection.open({ host: "127.0.0.1", port: 7, timeout: 20 }, LIMITS, congested);
    await expect(opening).rejects.toMatchObject({ failure: "timeout" });
  });

  it("shows no more than its receive buffer holds", async () => {
    const { tcp } = await connection((peer) => peer.end(Buffer.alloc(2500, ALL_BYTES)));
    const events = heard(tcp);
    await expect.poll(() => tcp.unread).toBe(1000);
    const parts: Buffer[] = [];
    while (events.at(-1) !== "ended well" || tcp.unread > 0) {
      parts.push(tcp.read(300));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(Buffer.concat(parts)).toEqual(Buffer.alloc(2500, ALL_BYTES));
  });

  it("takes all or nothing, by the room there is", async () => {
    const received: Buffer[] = [];
    const { tcp } = await connection((peer) => peer.on("data", (bytes: Buffer) => received.push(bytes)), 20);
    heard(tcp);
    expect([tcp.write(Buffer.alloc(400)), tcp.room, tcp.write(Buffer.alloc(101))]).toEqual([true, 100, false]);
    expect(tcp.unacknowledged).toBe(400);
    await expect.poll(() => tcp.unacknowledged).toBe(0);
    expect(tcp.write(Buffer.alloc(101))).toBe(true);
    await expect.poll(() => Buffer.concat(received).length).toBe(501);
  });

  it("says how it broke", async () => {
    const { tcp } = await connection((peer) => void peer.once("data", () => peer.resetAndDestroy()));
    const events = heard(tcp);
    tcp.write(Buffer.from("x"));
    await expect.poll(() => events).toEqual(["ended reset"]);
    expect(tcp.write(Buffer.from("x"))).toBe(false);
  });

  it("says so also to somebody who watches later, once", async () => {
    const { tcp } = await connection((peer) => void peer.once("data", () => peer.resetAndDestroy()));
    // A socket that nobody reads from learns of a reset when it writes.
    await expect.poll(() => tcp.write(Buffer.from("x"))).toBe(false);
    expect(heard(tcp)).toEqual(["ended reset"]);
    expect(heard(tcp)).toEqual([]);
  });

  it("ends without an event when its surroundings do", async () => {
    const closed: unknown[] = [];
    const { tcp, around } = await connection((peer) => void peer.once("close", () => closed.push(peer)).resume());
    const events = heard(tcp);
    around.end.abort();
    await expect.poll(() => closed.length).toBe(1);
    expect(events).toEqual([]);
  });

  it.each([
    ["refused", async () => ({ host: "127.0.0.1", port: await closedPort() })],
    ["dns", async () => ({ host: "nobody.invalid", port: 1 })],
  ])("that is not made says so: %s", async (failure, target) => {
    const attempt = TcpConnection.open(await target(), LIMITS, surroundings());
    await expect(attempt).rejects.toMatchObject({ failure });
    await expect(attempt).rejects.toBeInstanceOf(SocketError);
  });

  it("is given up when its surroundings end first", async () => {
    const port = await tcpServer(() => undefined);
    const around = surroundings([], 10_000);
    const attempt = TcpConnection.open({ host: "127.0.0.1", port }, LIMITS, around);
    around.end.abort();
    await expect(attempt).rejects.toMatchObject({ failure: "aborted" });
  });
});

describe("a UDP socket", () => {
  it("knows a peer behind a route by the address that was asked for", async () => {
    const own = await closedPort();
    const around = surroundings([`203.0.113.1:5=127.0.0.1:${own}`, `0.0.0.0:9=127.0.0.1:${own}`]);
    const server = await UdpSocket.open({ receive: 1000, localPort: 9 }, around);
    const client = await UdpSocket.open({ receive: 1000 }, around);
    await client.send(Buffer.from("ping"), { address: "203.0.113.1", port: 5 });
    await expect.poll(() => server.first?.bytes.toString()).toBe("ping");
    const { port = 0 } = server.read(9)?.from ?? {};
    await server.send(Buffer.from("pong"), { address: "127.0.0.1", port });
    await expect
      .poll(() => client.first)
      .toEqual({
        from: { address: "203.0.113.1", port: 5 },
        bytes: Buffer.from("pong"),
      });
  });
});

describe("a queue of bytes", () => {
  it("gives them in any portions", () => {
    const queue = new ByteQueue();
    for (const part of ["ab", "", "cde", "f"]) queue.push(Buffer.from(part));
    expect([1, 3, 0, 9, 1].map((count) => queue.take(count).toString())).toEqual(["a", "bcd", "", "ef", ""]);
    expect(queue.length).toBe(0);
  });
});

describe("congestion", () => {
  it("holds everybody until it is over, or until they go", async () => {
    const congestion = new Congestion();
    const leaver = new AbortController();
    congestion.begin();
    const passed: string[] = [];
    const waits = [
      congestion.over().then(() => passed.push("stayed")),
      congestion.over(leaver.signal).then(() => passed.push("left")),
    ];
    leaver.abort();
    await waits[1];
    expect(passed).toEqual(["left"]);
    congestion.end();
    await waits[0];
    expect(passed).toEqual(["left", "stayed"]);
  });
});
