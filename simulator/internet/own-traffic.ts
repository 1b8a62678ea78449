import type { Duplex } from "node:stream";
import type { Endpoint } from "./tcp-udp/tcp-udp";

/** What the modem's clients need of a TCP connection: a socket of Node's, or one that stays in this process. */
export interface StreamSocket extends Duplex {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localPort?: number | undefined;
  setTimeout(timeout: number, onTimeout?: () => void): this;
  setNoDelay(on?: boolean): this;
  setKeepAlive(on?: boolean, idle?: number): this;
  resetAndDestroy(): this;
  destroySoon(): void;
}

export interface StreamOptions extends Endpoint {
  readonly allowHalfOpen?: boolean;
  readonly localPort?: number;
}

/** Where datagrams go out and come in. */
export interface OwnDatagrams {
  /** Nobody learns of a datagram that nobody takes. */
  send(bytes: Buffer, to: Endpoint): void;
  close(): void;
}

/** The traffic between the hosts of this process. Failures are errors as Node's sockets have them, with their `code`. */
export interface OwnInternet {
  /** As Node's `connect`: the socket emits `connect`, or an error. */
  connect(to: StreamOptions): StreamSocket;
  /** @returns what ends it; connections stay @throws `EADDRINUSE` */
  listen(at: Endpoint, accept: (socket: StreamSocket) => void): () => void;
  /** @param at one of the own hosts, or a port of a modem @throws `EADDRINUSE` */
  bind(at: Endpoint | number, receive: (bytes: Buffer, from: Endpoint) => void): OwnDatagrams;
}
