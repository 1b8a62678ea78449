import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { DtlsSocket } from "../../../simulator/internet/dtls/dtls";
import { createInternet } from "../../../simulator/internet/real-internet";
import { UdpSocket } from "../../../simulator/internet/tcp-udp/datagrams";
import type { TlsSettings } from "../../../simulator/internet/tls/types";
import { CERTIFICATE, dtlsServer, fixture } from "../../support/dtls-server";
import { needsTool } from "../../support/needs";
import { ALL_BYTES } from "./servers";
import { CHECKED, der, pem, UNCHECKED } from "./tls-servers";

const TOOL = needsTool("openssl");
const WAIT = { timeout: 20_000, interval: 10 };
const KEY = Buffer.from("0123456789abcdef0123456789abcdef", "hex");
const PSK = ["-nocert", "-psk", KEY.toString("hex"), "-psk_hint", "a hint"];
const RECEIVE = 12_288;

interface Client {
  readonly socket: DtlsSocket;
  readonly datagrams: Buffer[];
  readonly life: AbortController;
}

async function open(port: number, settings: Partial<TlsSettings> = {}, timeout = 10_000, latency = 0): Promise<Client> {
  const internet = createInternet({ routes: [], latency, random: () => 0.5 });
  const life = new AbortController();
  onTestFinished(() => life.abort());
  const around = { internet, signal: life.signal };
  const carrier = await UdpSocket.open({ receive: RECEIVE }, around);
  const target = { peer: { address: "127.0.0.1", port }, timeout, receive: RECEIVE };
  const socket = await DtlsSocket.open({ ...CHECKED, ...settings }, target, carrier, around);
  const datagrams: Buffer[] = [];
  socket.received = () => {
    for (let next = socket.read(RECEIVE); next !== undefined; next = socket.read(RECEIVE)) datagrams.push(next.bytes);
  };
  return { socket, datagrams, life };
}

const heard = (server: { readonly received: Buffer[] }) => Buffer.concat(server.received);

describe.skipIf(TOOL.skip)(`DTLS 1.2${TOOL.reason}`, () => {
  test("carries every byte value both ways, and says goodbye", async () => {
    const server = await dtlsServer();
    const { socket, datagrams } = await open(server.port);
    socket.sendToPeer(Buffer.concat([Buffer.from("Q"), ALL_BYTES]));
    await vi.waitUntil(() => heard(server).length === 257, WAIT);
    expect(heard(server).subarray(1)).toEqual(ALL_BYTES);
    server.send(ALL_BYTES);
    await vi.waitUntil(() => datagrams.length === 1, WAIT);
    expect(datagrams).toEqual([ALL_BYTES]);
    expect([socket.sentBytes, socket.receivedBytes, socket.unread, socket.pending]).toEqual([257, 256, 0, 0]);
    socket.close();
  });

  test("keeps datagrams apart, many at once and over a slow network", async () => {
    const server = await dtlsServer();
    let records = 0;
    const proxy = await recordProxy(server.port, () => {
      records += 1;
    });
    const { socket, datagrams } = await open(proxy, {}, 10_000, 30);
    for (let count = 0; count < 20; count += 1) socket.sendToPeer(Buffer.from(`up ${count};`));
    await vi.waitUntil(() => `${heard(server)}`.includes("up 19;"), WAIT);
    expect(records).toBe(20);
    for (let count = 0; count < 5; count += 1) {
      server.send(Buffer.from(`down ${count}`));
      // What is written at once is one record to the server's program, too.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await vi.waitUntil(() => datagrams.length === 5, WAIT);
    expect(datagrams.map(String)).toEqual(["down 0", "down 1", "down 2", "down 3", "down 4"]);
  });

  test("takes a pre-shared key, with a hint", async () => {
    const server = await dtlsServer(PSK);
    const psk = { identity: Buffer.from("meter"), key: KEY };
    const { socket } = await open(server.port, { psk });
    socket.sendToPeer(Buffer.from("hello"));
    await vi.waitUntil(() => `${heard(server)}` === "hello", WAIT);
    socket.close();
    // Records that can't be read are dropped (RFC 6347 4.1.2.7), so that neither side says what is wrong.
    const wrong = { identity: Buffer.from("meter"), key: Buffer.alloc(16, 1) };
    const { port } = await dtlsServer(PSK);
    await expect(open(port, { psk: wrong }, 1500)).rejects.toMatchObject({ failure: "timeout" });
  });

  test("shows a client's certificate to a server that asks for one", async () => {
    const asking = ["-Verify", "3", "-CAfile", fixture("ca.cert"), "-verify_return_error"];
    const server = await dtlsServer([...CERTIFICATE, ...asking]);
    const client = { certificate: der("client"), key: pem("client.key") };
    const { socket } = await open(server.port, { client });
    socket.sendToPeer(Buffer.from("hello"));
    await vi.waitUntil(() => `${heard(server)}` === "hello", WAIT);
    socket.close();
    await expect(open(server.port, {}, 5000)).rejects.toMatchObject({ failure: "tls" });
  });

  const server = (name: string) => ["-cert", fixture(`${name}.cert`), "-key", fixture(`${name}.key`)];

  test.each([
    ["another authority", CERTIFICATE, { trusted: [der("other-ca")] }],
    ["no authority", CERTIFICATE, { trusted: [] }],
    ["another name", server("wrong-host"), {}],
    ["an expired certificate", server("expired"), {}],
    ["a clock of 1999", CERTIFICATE, { verify: { ...CHECKED.verify, now: new Date("1999-01-01") } }],
    ["no common suite", [...CERTIFICATE, "-cipher", "AES128-SHA"], { suites: [0xc030] }],
    ["TLS 1.3 asked for", CERTIFICATE, { versions: { min: "TLSv1.3", max: "TLSv1.3" } }],
    ["a pinned certificate", CERTIFICATE, { pinned: { certificate: der("server"), compare: "certificate" } }],
  ] as const)("fails with %s", async (_name, args, settings) => {
    const { port } = await dtlsServer(args);
    await expect(open(port, settings as Partial<TlsSettings>)).rejects.toMatchObject({ failure: "tls" });
  });

  test.each([
    ["nothing is checked", server("wrong-host"), UNCHECKED],
    ["dates are not checked", server("expired"), { verify: { chain: true, dates: false } }],
    ["the suite is the only one", CERTIFICATE, { suites: [0xc030] }],
  ] as const)("connects where %s", async (_name, args, settings) => {
    const { port } = await dtlsServer(args);
    const { socket } = await open(port, settings as Partial<TlsSettings>);
    socket.close();
  });

  test("fails where nobody answers, within its time", async () => {
    const deaf = createSocket("udp4").bind(0, "127.0.0.1");
    await once(deaf, "listening");
    onTestFinished(() => void deaf.close());
    await expect(open(deaf.address().port, {}, 300)).rejects.toMatchObject({ failure: "timeout" });
  });

  test("ends with its surroundings, and silently", async () => {
    const { port } = await dtlsServer();
    const { socket, life } = await open(port);
    socket.ended = () => expect.unreachable();
    life.abort();
    socket.sendToPeer(Buffer.from("late"));
    expect(socket.pending).toBe(0);
  });
});

/** Counts the records with data that go to the server. */
async function recordProxy(port: number, count: () => void): Promise<number> {
  const proxy = createSocket("udp4").bind(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => void proxy.close());
  let client = 0;
  proxy.on("message", (bytes, from) => {
    if (from.port === port) return proxy.send(bytes, client, "127.0.0.1");
    client = from.port;
    if (bytes[0] === 23) count();
    return proxy.send(bytes, port, "127.0.0.1");
  });
  return proxy.address().port;
}
