import { asModemError, isModemError, ModemError } from "../../errors";
import { SendBackoff } from "../../services/sockets/send-backoff";
import type { SocketAddress } from "../../services/sockets/sockets";
import { translated } from "../errors";
import { CLOSING, CONNECTED, type SocketControl } from "./control";
import type { SocketState } from "./state";

/** Between two looks at a full buffer, and for one that takes nothing. */
const BACKOFF_MS = { first: 100, longest: 2_000, patience: 60_000 } as const;

/** A buffer that refused an offer, and how many bytes it held at the last look. */
export interface FullBuffer {
  readonly backoff: SendBackoff;
  held: number | undefined;
}

/** Hands bytes to the modem, each of them once. */
export class SocketWriter {
  readonly #control: SocketControl;
  readonly #state: SocketState;
  readonly #operation: string;
  #hasSent = false;
  /** Bytes of a stream that the modem has taken. */
  #taken = 0;

  constructor(control: SocketControl, state: SocketState, operation: string) {
    this.#control = control;
    this.#state = state;
    this.#operation = operation;
  }

  get hasEnded(): boolean {
    return this.#state.hasEnded;
  }

  /** Waits for room where there is none. */
  async datagram(data: Uint8Array, to: SocketAddress, signal: AbortSignal | undefined): Promise<void> {
    if ((await this.offer(data, to, signal)) > 0) return;
    const full = this.full(signal);
    try {
      do {
        while (!(await this.room(full)));
      } while ((await this.offer(data, to, signal)) === 0);
    } finally {
      full.backoff.end();
    }
  }

  /**
   * Offers at most as many bytes as the model takes at once; those of a stream are not given up before the modem has
   * answered or the socket is stopped.
   *
   * @returns how many were taken; none where there was no room
   */
  async offer(data: Uint8Array, to?: SocketAddress, signal?: AbortSignal): Promise<number> {
    signal?.throwIfAborted();
    if (this.hasEnded) throw this.closed();
    this.#hasSent = true;
    // Queued stream data must not reach the next owner of this socket number.
    const { stopped } = this.#state;
    try {
      const isTaken = await this.#control.send(data, to, to === undefined ? stopped : signal);
      if (to !== undefined) return isTaken ? data.length : 0;
      return this.#took(isTaken ? data.length : await this.#counted(data.length));
    } catch (error) {
      if (stopped.aborted) throw this.closed();
      if (!isModemError(error)) throw error;
      if (error.code === "MODEM_REJECTED") return this.#resolveRefusal(error, data.length, to);
      // Whether the bytes were taken is unknown: a stream can't go on.
      if (to === undefined) this.#state.stop(error);
      throw error;
    }
  }

  #took(count: number): number {
    this.#taken += count;
    return count;
  }

  /**
   * How many bytes of a refused piece the modem has counted as taken nevertheless: those are not sent again. 0 where it
   * does not tell, or tells what can't be.
   */
  async #counted(length: number): Promise<number> {
    const more = ((await this.#control.takenInAll(this.#state.stopped)) ?? 0) - this.#taken;
    return more > 0 && more <= length ? more : 0;
  }

  async #resolveRefusal(error: ModemError, length: number, to: SocketAddress | undefined): Promise<number> {
    if (to !== undefined) throw await this.#refused(error, to);
    const taken = await this.#counted(length).catch((failure: unknown) => this.#lose(failure));
    if (taken > 0) return this.#took(taken);
    const refused = await this.#refused(error, undefined);
    const state = (await this.#control.state().catch(() => undefined))?.state;
    // Another message must not follow the part of this one that has gone.
    if (CONNECTED.has(state ?? CLOSING)) this.#state.stop(asModemError(refused, "CONNECTION_CLOSED"));
    throw refused;
  }

  /** Whether the bytes were taken can't be found out: a stream can't go on. */
  #lose(failure: unknown): never {
    if (this.#state.stopped.aborted) throw this.closed();
    if (isModemError(failure)) this.#state.stop(failure);
    throw failure;
  }

  /** When an offer was refused. Its caller ends it. */
  full(signal?: AbortSignal): FullBuffer {
    return { backoff: new SendBackoff(this.#operation, BACKOFF_MS, signal, this.#state.stopped), held: undefined };
  }

  /**
   * Waits a while; resolves to whether another attempt is worth it: bytes that can only be refused again need not go over
   * the line, except now and then.
   */
  async room(full: FullBuffer): Promise<boolean> {
    const { backoff } = full;
    try {
      const before = full.held ?? (await this.#held(backoff.signal));
      const pause = await backoff.wait();
      full.held = await this.#held(backoff.signal);
      return full.held < before || full.held === 0 || pause === BACKOFF_MS.longest;
    } catch (error) {
      throw this.hasEnded ? this.closed() : backoff.explain(error);
    }
  }

  /** 0 where the modem does not tell. */
  async #held(signal: AbortSignal): Promise<number> {
    return (await this.#control.unacknowledged(signal)) ?? 0;
  }

  /** Waits until the peer has acknowledged what was sent, as far as the modem tells; not for ever. */
  async flush(): Promise<void> {
    if (this.#hasSent) await this.#control.flush(this.#state, this.#operation);
  }

  closed(): ModemError {
    return this.#state.error ?? new ModemError("CONNECTION_CLOSED", `${this.#operation}: the connection is closed`);
  }

  /** AT facts 2.2: ERROR says that there is no connection; a datagram may be refused because of its receiver, too. */
  async #refused(error: ModemError, to: SocketAddress | undefined): Promise<unknown> {
    // The reader finds out what has become of it.
    this.#state.look();
    const known = translated(error, this.#operation);
    if (known !== error) return known;
    const result = error.cause?.result ?? "ERROR";
    if (to !== undefined && (await this.#control.state().catch(() => undefined)) !== undefined) {
      const message = `${this.#operation}: the modem refused a datagram to ${to.ip}, port ${to.port} (${result})`;
      return new ModemError("MODEM_REJECTED", message, error.cause);
    }
    const message = `${this.#operation}: there is no connection any more (${result})`;
    return new ModemError("CONNECTION_CLOSED", message, error.cause);
  }
}
