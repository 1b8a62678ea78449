import { setTimeout as delay } from "node:timers/promises";
import { inSeconds, ModemError } from "../../driver/errors";
import { Backoff } from "../../driver/services/waiting/backoff";
import type { Target } from "./request";

/** What is kept up: a connection, a UDP socket or a listening socket. */
export interface Endpoint {
  /** Resolves with the error that ended it, if any; never rejects. */
  readonly ended: Promise<ModemError | undefined>;
  /** Whether it has carried anything. */
  readonly wasUsed: boolean;
  close(silently: boolean): Promise<void>;
}

export interface EndpointParts<E extends Endpoint> {
  /** @param isTold whether a message reports that it is open; asked once it is */
  open(target: Target | undefined, isTold: () => boolean, signal: AbortSignal): Promise<E>;
  /** The peer to open it to. */
  target(): Promise<Target | undefined>;
  /** Resolves when the modem can be used. */
  modemReady(signal: AbortSignal): Promise<void>;
  changed(): void;
  /** Called for the first failure of each kind in an outage, unless a message fails with it. */
  report(error: Error): void;
  /** Waits `time` ms before the next attempt; rejects when `signal` fires. Default: a timer. */
  pause?(time: number, signal: AbortSignal): Promise<void>;
}

export interface UseOptions {
  /** The peer to connect to if no endpoint is kept up. */
  readonly target: Target | undefined;
  /** Whether the caller's own message reports that the connection is open. */
  readonly tells: boolean;
  /** ms to wait for an endpoint that is kept up; an attempt made for this call has a limit of its own. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** Between a loss and the next attempt; doubled with each failure. */
const MIN_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 60_000;
/** A connection that stays open this long counts as a success even without data: the server is idle, not refusing. */
const SUCCESS_AFTER_MS = 10_000;

type Waiter<E> = (outcome: Promise<E>) => void;

/** Opens an endpoint on demand, or keeps one up: after a loss it reopens it, with growing pauses between attempts. */
export class KeptEndpoint<E extends Endpoint> {
  readonly #parts: EndpointParts<E>;
  #keeping = false;
  #stopping = new AbortController();
  #opening: Promise<E> | undefined;
  #endpoint: E | undefined;
  #lastError: Error | undefined;
  readonly #waiters = new Set<Waiter<E>>();
  #tellers = 0;
  /** How many messages failed with the last attempt. */
  #waitersFailed = 0;

  constructor(parts: EndpointParts<E>) {
    this.#parts = parts;
  }

  get current(): E | undefined {
    return this.#endpoint;
  }

  /** Whether it reopens by itself. */
  get isKeptUp(): boolean {
    return this.#keeping;
  }

  get isOpening(): boolean {
    return this.#opening !== undefined;
  }

  /** Why it is not open. */
  get failure(): Error | undefined {
    return this.#lastError;
  }

  /** Returns at once; does nothing if it is kept up already. */
  keepUp(): void {
    if (this.#keeping) return;
    this.#keeping = true;
    void this.#run(this.#stopping.signal);
  }

  /** The endpoint; if it is not open, the outcome of the current attempt or of the next one. */
  async use({ target, tells, timeout, signal }: UseOptions): Promise<E> {
    if (this.#endpoint !== undefined) return this.#endpoint;
    if (tells) this.#tellers += 1;
    try {
      return await this.#wait(target, timeout, signal);
    } finally {
      if (tells) this.#tellers -= 1;
    }
  }

  /** Closes it and stops reopening it. */
  async stop(silently: boolean): Promise<void> {
    const closed = new ModemError("CONNECTION_CLOSED", "The connection was closed by this node");
    this.#stopping.abort(closed);
    this.#stopping = new AbortController();
    this.#keeping = false;
    this.#lastError = undefined;
    this.#settle(Promise.reject(closed));
    await this.#opening?.catch(() => undefined);
    const endpoint = this.#endpoint;
    if (endpoint !== undefined) await Promise.all([endpoint.close(silently), endpoint.ended]);
    this.#parts.changed();
  }

  #wait(target: Target | undefined, timeout: number, signal: AbortSignal): Promise<E> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter<E> = (outcome) => {
        leave();
        outcome.then(resolve, reject);
      };
      const leave = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        this.#waiters.delete(waiter);
      };
      const onAbort = (): void => waiter(Promise.reject(signal.reason));
      const isLate = () => waiter(Promise.reject(this.#lastError ?? notInTime(timeout)));
      // An attempt made for this call ends in time by itself, with the reason.
      const timer = this.#keeping ? setTimeout(isLate, timeout) : undefined;
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiters.add(waiter);
      if (signal.aborted) onAbort();
      else if (!this.#keeping) void this.#attempt(async () => target, this.#stopping.signal).catch(() => undefined);
    });
  }

  /** Never rejects. */
  async #run(signal: AbortSignal): Promise<void> {
    const told = new Set<unknown>();
    // The first failure already doubles the pause.
    const backoff = new Backoff(2 * MIN_PAUSE_MS, MAX_PAUSE_MS, Math.random);
    while (!signal.aborted) {
      let hasSucceeded = false;
      try {
        await this.#parts.modemReady(signal);
        // A message may have opened one already.
        const endpoint = this.#endpoint ?? (await this.#attempt(() => this.#parts.target(), signal));
        const since = performance.now();
        told.clear();
        await endpoint.ended;
        // A proxy in front of a dead server accepts every connection and closes it at once.
        hasSucceeded = endpoint.wasUsed || performance.now() - since >= SUCCESS_AFTER_MS;
      } catch (error) {
        const { code } = error as Partial<ModemError>;
        if (signal.aborted) return;
        if (this.#waitersFailed === 0 && !told.has(code)) this.#parts.report(error as Error);
        told.add(code);
      }
      if (hasSucceeded) backoff.reset();
      await this.#pause(hasSucceeded ? MIN_PAUSE_MS : backoff.take(), signal).catch(() => undefined);
    }
  }

  /** One at a time; all waiters share its outcome. */
  #attempt(target: () => Promise<Target | undefined>, signal: AbortSignal): Promise<E> {
    if (this.#opening !== undefined) return this.#opening;
    const opening = this.#open(target, signal);
    this.#opening = opening;
    this.#parts.changed();
    return opening;
  }

  async #open(target: () => Promise<Target | undefined>, signal: AbortSignal): Promise<E> {
    try {
      const endpoint = await this.#parts.open(await target(), () => this.#tellers > 0, signal);
      if (signal.aborted) {
        await endpoint.close(true);
        throw signal.reason;
      }
      this.#opening = undefined;
      this.#onOpen(endpoint);
      return endpoint;
    } catch (error) {
      // In the same turn as the waiters are told: a later caller must not join an attempt that has ended.
      this.#opening = undefined;
      if (!signal.aborted) this.#lastError = error as Error;
      this.#waitersFailed = this.#waiters.size;
      this.#settle(Promise.reject(error));
      throw error;
    } finally {
      this.#parts.changed();
    }
  }

  #onOpen(endpoint: E): void {
    this.#endpoint = endpoint;
    this.#lastError = undefined;
    this.#settle(Promise.resolve(endpoint));
    void endpoint.ended.then((error) => {
      this.#endpoint = undefined;
      this.#lastError = error;
      this.#parts.changed();
    });
  }

  #settle(outcome: Promise<E>): void {
    outcome.catch(() => undefined);
    for (const waiter of [...this.#waiters]) waiter(outcome);
  }

  async #pause(time: number, signal: AbortSignal): Promise<void> {
    await (this.#parts.pause?.(time, signal) ?? delay(time, undefined, { signal }));
  }
}

function notInTime(timeout: number): ModemError {
  return new ModemError("MODEM_TIMEOUT", `The connection was not open within ${inSeconds(timeout)}`);
}
