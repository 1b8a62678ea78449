import { delay } from "../delay";
import { isModemError, ModemError } from "../errors";
import { Deadline } from "../services/deadline";
import type { SocketAddress } from "../services/sockets";
import { translated } from "./failure";
import type { SocketCommands } from "./socket-commands";
import { flushSocket } from "./socket-flush";
import type { SocketState } from "./socket-state";

/** +QISEND takes so many at once and cuts off what is beyond (AT facts 2.2). */
export const LARGEST_SEND = 1460;
/** ms between two attempts at a full buffer: at first, and at most. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;
/** ms for which a full buffer may take nothing. */
const PATIENCE = 60_000;
const STUCK = `it has taken nothing for ${PATIENCE / 1000} s; the peer does not read, or the network carries nothing`;

export interface Destination {
  readonly to?: SocketAddress;
  readonly signal?: AbortSignal;
}

/** Hands bytes to the modem, each of them once. */
export class SocketSender {
  readonly #commands: SocketCommands;
  readonly #state: SocketState;
  readonly #label: string;
  #hasSent = false;

  constructor(commands: SocketCommands, state: SocketState, label: string) {
    this.#commands = commands;
    this.#state = state;
    this.#label = label;
  }

  async send(data: Uint8Array, destination: Destination): Promise<void> {
    for (let start = 0; start < data.length; start += LARGEST_SEND) {
      await this.#chunk(data.subarray(start, start + LARGEST_SEND), destination);
    }
  }

  /** Waits until the peer has acknowledged what was sent, as far as the modem tells; not for ever. */
  async flush(): Promise<void> {
    if (this.#hasSent) await flushSocket(this.#commands, this.#state, this.#label);
  }

  async #chunk(data: Uint8Array, destination: Destination): Promise<void> {
    if (await this.#offer(data, destination)) return;
    const operation = `${this.#label}: the modem's buffer is full`;
    const patience = new Deadline(PATIENCE, operation, destination.signal, this.#state.stopped);
    try {
      let pause = FIRST_PAUSE;
      for (let queued = await this.#queued(patience.signal); ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
        await delay(pause, patience.signal);
        const before = queued;
        queued = await this.#queued(patience.signal);
        // Bytes that can only be refused again need not go over the line; now and then they do all the same.
        const hasRoom = queued < before || queued === 0 || pause === LONGEST_PAUSE;
        if (hasRoom && (await this.#offer(data, destination))) return;
      }
    } catch (error) {
      if (this.#state.hasEnded) throw this.closed();
      const isOver = isModemError(error, "MODEM_TIMEOUT") && error === patience.signal.reason;
      throw isOver && destination.signal?.aborted !== true
        ? new ModemError("MODEM_TIMEOUT", `${operation}: ${STUCK}`)
        : error;
    } finally {
      patience.clear();
    }
  }

  /** 0 where the modem does not tell. */
  async #queued(signal: AbortSignal): Promise<number> {
    return (await this.#commands.unacknowledged(signal)) ?? 0;
  }

  async #offer(data: Uint8Array, { to, signal }: Destination): Promise<boolean> {
    signal?.throwIfAborted();
    if (this.#state.hasEnded) throw this.closed();
    this.#hasSent = true;
    try {
      return await this.#commands.send(data, to, signal);
    } catch (error) {
      if (!isModemError(error)) throw error;
      if (error.code === "MODEM_REJECTED") throw this.#refused(error);
      // Nobody knows whether the bytes were taken: a stream can't go on.
      if (to === undefined) this.#state.stop(error);
      throw error;
    }
  }

  closed(): ModemError {
    return this.#state.error ?? new ModemError("CONNECTION_CLOSED", `${this.#label}: the connection is closed`);
  }

  /** AT facts 2.2: ERROR says that there is no connection. */
  #refused(error: ModemError): unknown {
    // The reader finds out what has become of it.
    this.#state.look();
    const known = translated(error, this.#label);
    if (known !== error) return known;
    const message = `${this.#label}: there is no connection any more (${error.cause?.result ?? "ERROR"})`;
    return new ModemError("CONNECTION_CLOSED", message, error.cause);
  }
}
