import { createSocket } from "node:dgram";
import { type AddressInfo, connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { ConnectOptions, ModemSocket } from "../../../driver/services/sockets/sockets";
import { tcpServer } from "../../simulator/internet/servers";
import { useEventLoopClock } from "../../support/clock";
import { closedPort } from "../../support/listen";
import { Seen } from "../ublox/sockets/fake-sockets";
import { type Job, startJob } from "./job";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

/** The guide's servers. */
const FTP = "ftp.u-blox.com";
const ECHO = "echo.u-blox.com";

/** Reads and writes are of the size that fits, not of the guide's: what waits is read as a whole. */
const anyWhole = (printed: string): Record<string, string> => ({ [printed]: "0,1024" });
/** Whom the guide connects and sends to is on loopback here. */
const TO_LOOPBACK = { '"195.34.89.241",7': '"127\\.0\\.0\\.1",7' } as const;
const NO_WAIT = "what is waiting is read as a whole";

const job = (port: number): Promise<Job> =>
  startJob(
    "LARA-R6",
    [FTP, ECHO, "127.0.0.1"].map((host) => `route=${host}:7=127.0.0.1:${port}`),
  );

const tcp = (changes: Partial<ConnectOptions> = {}): ConnectOptions => ({
  host: "127.0.0.1",
  port: 7,
  timeout: 20_000,
  mode: "command",
  ...changes,
});

interface Connected extends Job {
  readonly socket: ModemSocket;
  readonly seen: Seen;
  /** The other end of the connection. */
  readonly peer: Socket;
  /** What has come out there. */
  readonly arrived: () => string;
}

/** Brings a connection to a server on loopback about, on the module's socket 0. */
async function connected(changes: Partial<ConnectOptions> = {}, seen = new Seen()): Promise<Connected> {
  const peers: Socket[] = [];
  const parts: Buffer[] = [];
  const port = await tcpServer((socket) => {
    peers.push(socket);
    socket.on("data", (data) => parts.push(data));
  });
  const started = await job(port);
  const socket = await started.services.sockets.connect(tcp(changes), seen);
  await expect.poll(() => peers.length).toBe(1);
  const [peer = expect.fail("nobody connected")] = peers;
  return { ...started, socket, seen, peer, arrived: () => Buffer.concat(parts).toString("latin1") };
}

/** A UDP server that gives every datagram back. */
async function echo(): Promise<{ port: number; received: string[] }> {
  const received: string[] = [];
  const server = createSocket("udp4", (data, from) => {
    received.push(data.toString("latin1"));
    server.send(data, from.port, from.address);
  });
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return { port: server.address().port, received };
}

const texts = ({ chunks }: Seen): string[] => chunks.map((chunk) => chunk.toString("latin1"));

/** Keeps the driver from reading on until it is let. */
function slow(): { readonly seen: Seen; readonly release: () => void } {
  const seen = new Seen();
  let release = (): void => undefined;
  seen.hold = new Promise((resolve) => {
    release = resolve;
  });
  return { seen, release: () => release() };
}

describe("the driver of LARA-R6 does the jobs of guide 5: connecting and writing", () => {
  it("5.1-connect: two sockets are made, one is closed, the other is connected", async () => {
    const port = await tcpServer(() => undefined);
    const { services, followed } = await job(port);
    const { sockets, diagnostics } = services;
    const stream = await sockets.connect(tcp(), new Seen());
    const datagrams = await sockets.openUdp({ timeout: 20_000 }, new Seen());
    expect([stream.number, datagrams.number]).toEqual([0, 1]);
    await datagrams.close();
    expect(await diagnostics.resolve(FTP)).toMatchObject({ address: "127.0.0.1" });
    // A socket is made when it is to be connected.
    followed("5.1-connect", { order: [0, 4, 1, 2, 3], values: TO_LOOPBACK });
  });

  it("5.1-connect-failure: a connection that is refused says so, and leaves no socket", async () => {
    const { services, wire, followed } = await job(await closedPort());
    const attempt = services.sockets.connect(tcp(), new Seen());
    await expect(attempt).rejects.toMatchObject({ code: "CONNECT_FAILED", cause: { errorCode: 111 } });
    followed("5.1-connect-failure", { values: TO_LOOPBACK });
    wire.forget();
    const again = services.sockets.connect(tcp(), new Seen());
    await expect(again).rejects.toMatchObject({ code: "CONNECT_FAILED" });
    expect(wire.lines, "the number is free again").toContain('AT+USOCO=0,"127.0.0.1",7,1');
  });

  it("5.2-listen: who connects is told, and what he sends is read from his own socket", async () => {
    const local = await closedPort();
    const { services, followed } = await startJob("LARA-R6", [`route=0.0.0.0:1099=127.0.0.1:${local}`]);
    const seen = new Seen();
    const accepted: ModemSocket[] = [];
    const accept = (socket: ModemSocket): Seen => {
      accepted.push(socket);
      return seen;
    };
    await services.sockets.listen({ localPort: 1099, timeout: 20_000 }, accept, () => undefined);
    const client = connect(local, "127.0.0.1");
    onTestFinished(() => void client.destroy());
    client.write("eighteen bytes long");
    await expect.poll(() => seen.data.toString()).toBe("eighteen bytes long");
    const { port } = client.address() as AddressInfo;
    expect(accepted).toMatchObject([{ number: 1, remote: { ip: "127.0.0.1", port } }]);
    followed("5.2-listen");
  });

  it("5.3.1-write-prompt: bytes that no quotation marks can hold go by the prompt", async () => {
    const { socket, wire, arrived, followed } = await connected();
    await socket.send(Buffer.from("1\r"));
    followed("5.3.1-write-prompt");
    expect(wire.dataOf("AT+USOWR=0,2")).toEqual(["1\r"]);
    await expect.poll(arrived).toBe("1\r");
  });

  it("5.3.2-write-base: text stands in the command", async () => {
    const { socket, arrived, followed } = await connected();
    await socket.send(Buffer.from("12"));
    followed("5.3.2-write-base");
    await expect.poll(arrived).toBe("12");
  });

  it("5.3.3-queue-full: a write that finds no room is repeated when there is some", async () => {
    const { socket, wire, fault, arrived, followed } = await connected();
    fault("congestion:1s");
    const text = Array.from({ length: 1200 }, (_, line) => `line ${line}`).join(" ");
    await socket.send(Buffer.from(text));
    await expect.poll(arrived).toBe(text);
    followed("5.3.3-queue-full", { values: { '0,2,"12"': '0,1024,"[^"]*"' } });
    const writes = wire.lines.filter((line) => line.startsWith("AT+USOWR="));
    expect(writes.length, "some were refused").toBeGreaterThan(new Set(writes).size);
  });

  it("5.4-keep-alive: silence is probed after the time that the flow says", async () => {
    const { followed } = await connected({ keepAlive: 30 });
    followed("5.4-keep-alive");
  });
});

describe("the driver of LARA-R6 does the jobs of guide 5: reading", () => {
  it("5.5-read-first-scenario: what is announced is read", async () => {
    const { peer, seen, followed } = await connected();
    peer.write("ar");
    await expect.poll(() => seen.data.toString()).toBe("ar");
    followed("5.5-read-first-scenario", { values: anyWhole("0,2") });
  });

  it("5.5-read-second-scenario: nothing is left behind that a URC would have to tell of", async () => {
    const { peer, seen, wire, followed } = await connected();
    wire.forget();
    peer.write("x".repeat(30));
    await expect.poll(() => seen.data.length).toBe(30);
    followed("5.5-read-second-scenario", { values: anyWhole("0,10") });
    const reads = wire.lines.filter((line) => line.startsWith("AT+USORD"));
    expect(reads.slice(0, 1), "the whole at once").toEqual(["AT+USORD=0,1024"]);
  });

  it("5.5-read-third-scenario: data that come between reads are read without another URC", async () => {
    const { seen, release } = slow();
    const { peer, wire, followed } = await connected({}, seen);
    wire.forget();
    peer.write("hfgyrhgftyhfgbchs7[ojghfbv74ks");
    await expect.poll(() => seen.data.length).toBe(30);
    // The module announces them at once: the read before has emptied its buffer.
    peer.write(Buffer.from("HDFUEçpjè0'@èpyujfnvhfyù", "latin1"));
    release();
    await expect.poll(() => seen.data.length).toBe(54);
    expect(seen.data.toString("latin1")).toBe("hfgyrhgftyhfgbchs7[ojghfbv74ksHDFUEçpjè0'@èpyujfnvhfyù");
    const instead = { 1: NO_WAIT, 3: "a read that finds nothing tells the same" };
    followed("5.5-read-third-scenario", { instead, values: { ...anyWhole("0,10"), "0,34": "0,1024" } });
  });

  it("5.5-read-fourth-scenario: what the peer sent before it closed is read, and only then told as closed", async () => {
    const { seen, release } = slow();
    const { peer, socket, wire, arrived, followed } = await connected({}, seen);
    peer.write("hfgyrhgfty");
    await expect.poll(() => seen.data.length).toBe(10);
    peer.end("23dfgt5uhj89ikdftevlpazwe");
    // What was announced behind the flow's back shows only in the state.
    await expect.poll(async () => (await socket.status()).state).toBe("close-wait");
    wire.forget();
    await expect(socket.send(Buffer.from("12\r"))).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
    expect(seen.closed).toEqual([]);
    release();
    await expect.poll(() => seen.closed).toEqual([undefined]);
    expect(seen.data.toString()).toBe("hfgyrhgfty23dfgt5uhj89ikdftevlpazwe");
    expect(arrived()).toBe("");
    const instead = { 0: "read before, see above" };
    followed("5.5-read-fourth-scenario", { instead, values: anyWhole("0,25") });
  });
});

describe("the driver of LARA-R6 does the jobs of guide 5: datagrams", () => {
  it("5.6-udp-write: a datagram goes to a name", async () => {
    const { port, received } = await echo();
    const { services, wire, followed } = await job(port);
    const socket = await services.sockets.openUdp({ timeout: 20_000 }, new Seen());
    await socket.send(Buffer.from([1, 2]), { to: { host: FTP, port: 7 } });
    followed("5.6-udp-write", { values: TO_LOOPBACK });
    expect(wire.dataOf("AT+USOST=0")).toEqual(["\x01\x02"]);
    await expect.poll(() => received).toEqual(["\x01\x02"]);
  });

  it("5.6-udp-local-port: a datagram comes from the port that the flow says", async () => {
    const local = await closedPort();
    const { services, followed } = await startJob("LARA-R6", [`route=0.0.0.0:12000=127.0.0.1:${local}`]);
    const seen = new Seen();
    const socket = await services.sockets.openUdp({ localPort: 12_000, timeout: 20_000 }, seen);
    followed("5.6-udp-local-port");
    const server = createSocket("udp4");
    onTestFinished(() => void server.close());
    server.send("to the port", local, "127.0.0.1");
    await expect.poll(() => seen.data.toString()).toBe("to the port");
    expect(socket.number).toBe(0);
  });

  it("5.7-udp-read: datagrams are read one by one, each whole", async () => {
    const { port } = await echo();
    const { services, followed } = await job(port);
    const seen = new Seen();
    const socket = await services.sockets.openUdp({ timeout: 20_000 }, seen);
    const datagrams = ["12", "12345678901234567890", "abcdefghijabcdefghij"];
    for (const text of datagrams) await socket.send(Buffer.from(text), { to: { host: "127.0.0.1", port: 7 } });
    await expect.poll(() => texts(seen)).toEqual(datagrams);
    followed("5.7-udp-read", { values: { "0,2": "0,1024", "0,10": "0,1024" } });
  });

  it("5.10-udp-echo: what the echo server is sent comes back", async () => {
    const { port } = await echo();
    const { services, followed } = await job(port);
    const seen = new Seen();
    const socket = await services.sockets.openUdp({ timeout: 20_000 }, seen);
    await socket.send(Buffer.from("Hello"), { to: { host: ECHO, port: 7 } });
    await expect.poll(() => texts(seen)).toEqual(["Hello"]);
    followed("5.10-udp-echo", { values: { ...TO_LOOPBACK, "USORF=0,5": "USORF=0,1024" } });
  });
});

describe("the driver of LARA-R6 does the jobs of guide 5: state and end", () => {
  it("5.8-state: a flow that asks is told the state, what is unacknowledged, and the last error", async () => {
    const { socket, followed } = await connected();
    expect(await socket.status()).toMatchObject({ state: "established", unacknowledged: 0, unread: 0 });
    expect(await socket.status()).not.toHaveProperty("lastError");
    followed("5.8-state", { instead: { 0: "the driver knows what it has made" } });
  });

  it("5.8-state-closing: a connection that the peer has closed is told as such while data wait", async () => {
    const { seen } = slow();
    const { peer, socket, followed } = await connected({}, seen);
    peer.write("read");
    await expect.poll(() => seen.data.length).toBe(4);
    peer.end("unread");
    await expect.poll(async () => (await socket.status()).state).toBe("close-wait");
    followed("5.8-state-closing");
  });

  it("5.8-last-error: why a connection failed is asked for at once", async () => {
    const { services, followed } = await job(await closedPort());
    const attempt = services.sockets.connect(tcp(), new Seen());
    await expect(attempt).rejects.toMatchObject({ cause: { errorText: expect.stringContaining("refused") } });
    followed("5.8-last-error");
  });

  it("5.9-close-remote: the peer's end is told, and the number is free", async () => {
    const { services, peer, socket, seen, followed } = await connected();
    peer.end();
    await expect.poll(() => seen.closed).toEqual([undefined]);
    const next = await services.sockets.connect(tcp(), new Seen());
    expect(next.number).toBe(socket.number);
    followed("5.9-close-remote");
  });

  it("5.9-close-local: a socket that the flow closes is closed for the peer, too", async () => {
    const { socket, peer, seen, followed } = await connected();
    const ended = new Promise((resolve) => peer.once("end", resolve));
    await socket.close();
    followed("5.9-close-local");
    await ended;
    expect(seen.closed).toEqual([undefined]);
  });
});
