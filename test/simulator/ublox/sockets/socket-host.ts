import { createSocket, type RemoteInfo, type Socket as UdpPeer } from "node:dgram";
import type { AddressInfo, Socket } from "node:net";
import { expect, onTestFinished } from "vitest";
import { tcpServer } from "../../internet/servers";
import { FINAL_RESULT, route } from "../../modem-host";
import { LaraHost } from "../lara-host";

/** The name of the peer in these tests, on this port. */
export const PEER = "peer.test";
export const PORT = 7;

/** A peer on loopback, and a modem that reaches it by its name. */
export interface TcpBench {
  readonly host: LaraHost;
  /** Connections that came in. */
  readonly peers: Socket[];
  readonly port: number;
}

export async function tcpBench(options: readonly string[] = [], onPeer?: (peer: Socket) => void): Promise<TcpBench> {
  const peers: Socket[] = [];
  const port = await tcpServer((socket) => {
    peers.push(socket);
    onPeer?.(socket);
  });
  const host = await LaraHost.open([route(PEER, PORT, port), ...options]);
  return { host, peers, port };
}

/** Creates socket 0, and connects it to the peer. */
export async function connected(options: readonly string[] = [], onPeer?: (peer: Socket) => void) {
  const bench = await tcpBench(options, onPeer);
  await connect(bench.host, 0);
  await expect.poll(() => bench.peers.length).toBe(1);
  return { ...bench, peer: peerOf(bench) };
}

export function peerOf({ peers }: TcpBench, index = 0): Socket {
  const peer = peers[index];
  if (peer === undefined) throw new Error("nobody connected");
  return peer;
}

export async function connect(host: LaraHost, id: number): Promise<void> {
  expect(await host.command("AT+USOCR=6")).toEqual([`+USOCR: ${id}`, "OK"]);
  expect(await host.command(`AT+USOCO=${id},"${PEER}",${PORT}`)).toEqual(["OK"]);
}

/** Writes at the prompt; gives back the answer. */
export async function writeBinary(host: LaraHost, line: string, data: Buffer): Promise<string> {
  host.write(`${line}\r`);
  await host.until(/\r\n@/);
  host.write(data);
  return (await host.until(FINAL_RESULT)).trim();
}

/** Reads by +USORD or +USORF and counts the bytes; what precedes the data, and the data. */
export async function readCounted(host: LaraHost, line: string): Promise<{ head: string; data: Buffer }> {
  host.write(`${line}\r`);
  const head = await host.until(/\r\n\+USOR[DF]: [^\r]*?,(\d+)(,"|\r\n)/);
  const count = Number(/,(\d+)(?:,"|\r\n)$/.exec(head)?.[1]);
  const data = head.endsWith('"') ? await host.take(count) : "";
  await host.until(/^"?(\r\n)*OK\r\n/);
  return { head: head.trim(), data: Buffer.from(data, "latin1") };
}

export const answer = (host: LaraHost, line: string) => host.command(line);

/** A UDP peer on loopback that ends with the test. */
export interface Datagrams {
  readonly port: number;
  readonly seen: { readonly bytes: Buffer; readonly from: RemoteInfo }[];
  send(bytes: Buffer | string, to: number): Promise<void>;
}

export async function udpPeer(
  onMessage?: (peer: UdpPeer, bytes: Buffer, from: RemoteInfo) => void,
): Promise<Datagrams> {
  const socket = createSocket("udp4");
  const seen: { bytes: Buffer; from: RemoteInfo }[] = [];
  socket.on("message", (bytes, from) => {
    seen.push({ bytes, from });
    onMessage?.(socket, bytes, from);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  onTestFinished(() => void socket.close());
  return {
    port: (socket.address() as AddressInfo).port,
    seen,
    send: (bytes, to) => {
      return new Promise((resolve, reject) => {
        socket.send(bytes, to, "127.0.0.1", (error) => (error === null ? resolve() : reject(error)));
      });
    },
  };
}
