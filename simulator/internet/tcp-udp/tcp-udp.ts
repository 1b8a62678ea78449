import { setMaxListeners } from "node:events";
import type { Internet } from "../internet";

/** Why a socket's operation failed, or its connection ended. */
export type SocketFailure =
  | "dns"
  | "refused"
  | "timeout"
  | "unreachable"
  | "reset"
  | "address-in-use"
  | "address-not-available"
  | "message-too-long"
  | "tls"
  | "aborted"
  | "other";

export class SocketError extends Error {
  constructor(
    readonly failure: SocketFailure,
    message: string,
  ) {
    super(message);
  }
}

const FAILURES: Readonly<Record<string, SocketFailure>> = {
  ECONNREFUSED: "refused",
  ETIMEDOUT: "timeout",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  ENETDOWN: "unreachable",
  EADDRNOTAVAIL: "address-not-available",
  EADDRINUSE: "address-in-use",
  EACCES: "address-not-available",
  ECONNRESET: "reset",
  EPIPE: "reset",
  EMSGSIZE: "message-too-long",
};

/** The failure behind an error of Node's sockets. */
export function socketError(error: NodeJS.ErrnoException): SocketError {
  return new SocketError(FAILURES[error.code ?? ""] ?? "other", error.message);
}

/** An address and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What sockets depend on: the internet, and the power cycle or PDP context. */
export interface SocketSurroundings {
  readonly internet: Internet;
  /** Ends every connection, listener and UDP socket that was made with it, without an event. */
  readonly signal: AbortSignal;
  /** Whether the PDP context leads to addresses of that family; to all if left out. */
  readonly reaches?: (address: string) => boolean;
}

/** All addresses of this machine, as a modem says that it listens on its own. */
const OWN_ADDRESS = "0.0.0.0";
export const LOOPBACK = "127.0.0.1";

/**
 * Where a modem's own port is on this machine: the same one, on loopback for a listener. A route for 0.0.0.0 moves it:
 * `0.0.0.0:1099=127.0.0.1:41099`.
 */
export function ownPort(internet: Internet, port: number): Endpoint {
  const { host, port: actual } = internet.target(OWN_ADDRESS, port);
  return { address: host === OWN_ADDRESS ? LOOPBACK : host, port: actual };
}

/** Passes items on in order, each after the network's latency. */
export class DelayLine {
  readonly #around: SocketSurroundings;
  #tail: Promise<void> = Promise.resolve();

  constructor(around: SocketSurroundings) {
    this.#around = around;
    // Every item on its way listens to the same signal.
    setMaxListeners(0, around.signal);
  }

  push(work: () => void): void {
    const { internet, signal } = this.#around;
    const due = Promise.all([this.#tail, internet.delay(signal)]);
    this.#tail = due.then(
      () => {
        if (!signal.aborted) work();
      },
      (error: unknown) => {
        if (!signal.aborted) throw error;
      },
    );
  }
}
