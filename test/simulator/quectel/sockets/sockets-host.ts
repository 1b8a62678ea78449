import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { expect } from "vitest";
import { tcpServer } from "../../internet/servers";
import { route } from "../../modem-host";
import { Bg96Host } from "../bg96-host";

export const sha256 = (bytes: Buffer | string) =>
  createHash("sha256")
    .update(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes)
    .digest("hex");

/** Bytes of every value in an order that a seed gives. */
export function randomBytes(length: number, seed: number): Buffer {
  let state = seed;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 24;
    }),
  );
}

/** One peer of the modem: a server on loopback and its first connection. */
export interface Peer {
  readonly port: number;
  readonly connected: Promise<Socket>;
  /** Everything that it got. */
  readonly received: () => Buffer;
  /** Resolves when it has got so many bytes. */
  has(length: number): Promise<void>;
}

export async function peer(onConnection: (socket: Socket) => void = () => undefined): Promise<Peer> {
  const parts: Buffer[] = [];
  let length = 0;
  let connect: (socket: Socket) => void = () => undefined;
  let wake: () => void = () => undefined;
  const connected = new Promise<Socket>((resolve) => {
    connect = resolve;
  });
  const port = await tcpServer((socket) => {
    socket.on("data", (bytes: Buffer) => {
      parts.push(bytes);
      length += bytes.length;
      wake();
    });
    onConnection(socket);
    connect(socket);
  });
  return {
    port,
    connected,
    received: () => Buffer.concat(parts),
    async has(wanted) {
      while (length < wanted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** A host that is online, without echo at the send prompt, and whose traffic for `peer.test` port 7 goes to `port`. */
export async function onlineHost(port: number, ...options: string[]): Promise<Bg96Host> {
  const host = await Bg96Host.online([route("peer.test", 7, port), ...options]);
  await host.command("AT+QISDE=0");
  return host;
}

/** +QIOPEN, which must work, on identity `id`. */
export async function open(host: Bg96Host, id = 0, mode = 0, service = "TCP"): Promise<void> {
  expect(await host.command(`AT+QIOPEN=1,${id},"${service}","peer.test",7,0,${mode}`)).toEqual(["OK"]);
  expect(await host.urc(/\+QIOPEN: /)).toBe(`+QIOPEN: ${id},0`);
}

const SENT = /\r\n(SEND OK|SEND FAIL|ERROR)\r\n/;

/** Sends counted bytes; returns the final result. */
export async function send(host: Bg96Host, id: number, bytes: Buffer | string, more = "", name = "QISEND") {
  host.write(`AT+${name}=${id},${bytes.length}${more}\r`);
  const prompt = await host.until(/\r\n> |\r\nERROR\r\n/);
  if (!prompt.endsWith("> ")) return "ERROR";
  host.write(bytes);
  return (await host.until(SENT)).trim();
}

/** +QIRD; the bytes that it prints, without what is around them. */
export async function read(host: Bg96Host, id = 0, length = 1500, name = "QIRD"): Promise<string> {
  host.write(`AT+${name}=${id},${length}\r`);
  const header = await host.until(new RegExp(`\\r\\n\\+${name}: (\\d+)[^\\r]*\\r\\n`));
  const count = Number(/: (\d+)/.exec(header)?.[1]);
  const bytes = await host.take(count);
  expect(await host.until(/OK\r\n/)).toBe(count === 0 ? "\r\nOK\r\n" : "\r\n\r\nOK\r\n");
  return bytes;
}

/** Reads until nothing is left. */
export async function readAll(host: Bg96Host, id = 0, name = "QIRD"): Promise<string> {
  let all = "";
  for (;;) {
    const bytes = await read(host, id, 1500, name);
    if (bytes === "") return all;
    all += bytes;
  }
}

/** Reads so many bytes, each time a `recv` says that there are some. */
export async function readStream(
  host: Bg96Host,
  wanted: number,
  id = 0,
  name = "QIRD",
  urc = "QIURC",
): Promise<string> {
  const parts: string[] = [];
  let length = 0;
  while (length < wanted) {
    await host.urc(new RegExp(`\\+${urc}: "recv",${id}`));
    const part = await readAll(host, id, name);
    parts.push(part);
    length += part.length;
  }
  return parts.join("");
}
