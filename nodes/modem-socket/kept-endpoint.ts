import { setTimeout as delay } from "node:timers/promises";
import { ModemError } from "../../driver/errors";
import type { Target } from "./request";

/** What is kept up: a connection, a UDP socket, a socket that listens. */
export interface Endpoint {
  /** Never rejects; with the error that ended it, if any. */
  readonly ended: Promise<ModemError | undefined>;
  /** Whether it has carried anything. */
  readonly wasUsed: boolean;
  close(silently: boolean): Promise<void>;
}

export interface LinkParts<E extends Endpoint> {
  /** @param isTold whether a message tells that it stands, asked when it does */
  open(target: Target | undefined, isTold: () => boolean, signal: AbortSignal): Promise<E>;
  /** Whom it is kept up with. */
  target(): Promise<Target | undefined>;
  /** Resolves when the modem can be used. */
  modemReady(signal: AbortSignal): Promise<void>;
  changed(): void;
  /** Told of the first failure of an outage that no message is failed with, and of one of another kind. */
  report(error: Error): void;
  /** Waits for so many ms before the next attempt; rejects when `signal` fires. Left out: by the clock. */
  pause?(time: number, signal: AbortSignal): Promise<void>;
}

export interface UseOptions {
  /** Whom to connect to where nothing is kept up. */
  readonly target: Target | undefined;
  /** Its message tells that the connection stands. */
  readonly tells: boolean;
  /** ms that it waits where one is kept up; an attempt of its own has its own limit. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** ms between attempts: doubled with each failure. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;
/** ms after which one that has carried nothing has stood all the same: a server that is idle, not one that turns away. */
const STEADY = 10_000;

type Waiter<E> = (outcome: Promise<E>) => void;

/** Opens one endpoint when it is needed, or keeps one up: after a loss it is opened again, with growing pauses. */
export class KeptEndpoint<E extends Endpoint> {
  readonly #parts: LinkParts<E>;
  #keeping = false;
  #stopping = new AbortController();
  #opening: Promise<E> | undefined;
  #endpoint: E | undefined;
  #lastError: Error | undefined;
  readonly #waiters = new Set<Waiter<E>>();
  #tellers = 0;
  /** Messages that the last attempt has failed. */
  #waitersFailed = 0;

  constructor(parts: LinkParts<E>) {
    this.#parts = parts;
  }

  get current(): E | undefined {
    return this.#endpoint;
  }

  /** Whether it is opened again by itself. */
  get isKeptUp(): boolean {
    return this.#keeping;
  }

  get isOpening(): boolean {
    return this.#opening !== undefined;
  }

  /** Why it does not stand. */
  get failure(): Error | undefined {
    return this.#lastError;
  }

  /** Returns at once; does nothing where it is kept up already. */
  keepUp(): void {
    if (this.#keeping) return;
    this.#keeping = true;
    void this.#run(this.#stopping.signal);
  }

  /** The endpoint; where it is not open, the outcome of the attempt that is being made, or of the next one. */
  async use({ target, tells, timeout, signal }: UseOptions): Promise<E> {
    if (this.#endpoint !== undefined) return this.#endpoint;
    if (tells) this.#tellers += 1;
    try {
      return await this.#wait(target, timeout, signal);
    } finally {
      if (tells) this.#tellers -= 1;
    }
  }

  /** Closes it, and opens it no more by itself. */
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
      // An attempt of its own ends in time by itself, and then says why.
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
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#parts.modemReady(signal);
        // A message may have opened one before.
        const endpoint = this.#endpoint ?? (await this.#attempt(() => this.#parts.target(), signal));
        const since = performance.now();
        told.clear();
        await endpoint.ended;
        // A proxy in front of a dead server lets everybody in, and out again at once.
        failures = endpoint.wasUsed || performance.now() - since >= STEADY ? 0 : failures + 1;
      } catch (error) {
        const { code } = error as Partial<ModemError>;
        if (signal.aborted) return;
        failures += 1;
        if (this.#waitersFailed === 0 && !told.has(code)) this.#parts.report(error as Error);
        told.add(code);
      }
      await this.#pause(failures, signal).catch(() => undefined);
    }
  }

  /** One at a time; its outcome is that of everyone who waits. */
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
      this.#stands(endpoint);
      return endpoint;
    } catch (error) {
      // Together with telling those who wait: who comes next would join an attempt that tells nobody any more.
      this.#opening = undefined;
      if (!signal.aborted) this.#lastError = error as Error;
      this.#waitersFailed = this.#waiters.size;
      this.#settle(Promise.reject(error));
      throw error;
    } finally {
      this.#parts.changed();
    }
  }

  #stands(endpoint: E): void {
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

  /** Half of it by chance, so that a thousand gateways don't return in the same second. */
  async #pause(failures: number, signal: AbortSignal): Promise<void> {
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** failures);
    const time = Math.max(FIRST_PAUSE, longest * (0.5 + 0.5 * Math.random()));
    await (this.#parts.pause?.(time, signal) ?? delay(time, undefined, { signal }));
  }
}

function notInTime(timeout: number): ModemError {
  return new ModemError("MODEM_TIMEOUT", `The connection did not stand within ${timeout / 1000} s`);
}
