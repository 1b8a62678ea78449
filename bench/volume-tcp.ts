import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { SocketMode } from "../driver/services/sockets/sockets";
import { RandomBytes } from "./random-bytes";
import type { Unpaced } from "./unpaced";

/** Bytes of one `send`, as a flow sends them. */
const BLOCK = 64 * 1024;

export interface Transfer {
  readonly seed: number;
  readonly bytes: number;
  readonly mode: SocketMode;
}

/** What one end has seen. */
interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

export interface Carried {
  readonly sent: Digest;
  readonly received: Digest;
  /** How the driver carried it. */
  readonly way: string;
}

class Counter {
  readonly #hash: Hash = createHash("sha256");
  #bytes = 0;

  add(data: Uint8Array): void {
    this.#hash.update(data);
    this.#bytes += data.length;
  }

  end(): Digest {
    return { bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }
}

/** The next connection to a server of its own on this machine. */
async function serve(): Promise<{ port: number; connection: Promise<Socket>; close(): void }> {
  const server = createServer();
  const connection = once(server, "connection").then(([socket]) => socket as Socket);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, connection, close: () => server.close() };
}

const target = (port: number, mode: SocketMode) => ({ host: "127.0.0.1", port, timeout: 30_000, mode }) as const;

/** Random bytes from the modem's host to a server, which closes after the end. */
export async function up({ services }: Unpaced, { seed, bytes, mode }: Transfer): Promise<Carried> {
  const server = await serve();
  const events = { onData: () => undefined, onClosed: () => undefined };
  const socket = await services.sockets.connect(target(server.port, mode), events);
  const peer = await server.connection;
  const received = new Counter();
  peer.on("data", (data: Buffer) => received.add(data));
  const ended = once(peer, "close");
  const sent = new Counter();
  for (const block of new RandomBytes(seed).blocks(bytes, BLOCK)) {
    await socket.send(block);
    sent.add(block);
  }
  await socket.close();
  await ended;
  server.close();
  return { sent: sent.end(), received: received.end(), way: socket.way };
}

/** Random bytes from a server, which then closes, to the modem's host. */
export async function down({ services }: Unpaced, { seed, bytes, mode }: Transfer): Promise<Carried> {
  const server = await serve();
  const received = new Counter();
  let onClosed: (error?: Error) => void = () => undefined;
  const closed = new Promise<void>((resolve, reject) => {
    onClosed = (error) => (error === undefined ? resolve() : reject(error));
  });
  const events = { onData: (data: Buffer) => received.add(data), onClosed };
  const socket = await services.sockets.connect(target(server.port, mode), events);
  const sent = new Counter();
  async function* blocks(): AsyncGenerator<Buffer, void, undefined> {
    for (const block of new RandomBytes(seed).blocks(bytes, BLOCK)) {
      sent.add(block);
      yield block;
    }
  }
  await Promise.all([pipeline(Readable.from(blocks()), await server.connection), closed]);
  await socket.close();
  server.close();
  return { sent: sent.end(), received: received.end(), way: socket.way };
}
