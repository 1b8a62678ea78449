import { inSeconds, ModemError } from "../../errors";
import type { UrcWaiter, WaitOptions } from "../channel-types";
import { ExtendableTimeout } from "../clock";
import type { Line } from "../line";

interface Waiting {
  /** Ends the wait when the line is the one. */
  offer(line: Line): void;
  fail(reason: unknown): void;
}

/** Brings every URC to those who listen or wait for it. */
export class UrcRouter {
  readonly #onFault: (error: unknown) => void;
  readonly #listeners = new Map<symbol, { prefix: string; listener: (line: Line) => void }>();
  readonly #waiting = new Set<Waiting>();

  /** @param onFault told when a listener throws, which must not stop the others */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  on(prefix: string, listener: (line: Line) => void): () => void {
    const key = Symbol(prefix);
    this.#listeners.set(key, { prefix, listener });
    return () => this.#listeners.delete(key);
  }

  waitFor<T>(match: (line: Line) => T | undefined, options: WaitOptions): UrcWaiter<T> {
    const waiter = new Waiter(match, options, () => this.#waiting.delete(waiter));
    if (options.signal?.aborted === true) waiter.fail(options.signal.reason);
    else this.#waiting.add(waiter);
    return waiter;
  }

  /** Whether anyone waits for a URC. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  route(line: Line): void {
    for (const waiter of [...this.#waiting]) waiter.offer(line);
    for (const { prefix, listener } of [...this.#listeners.values()]) {
      if (!line.text.startsWith(prefix)) continue;
      try {
        listener(line);
      } catch (error) {
        this.#onFault(error);
      }
    }
  }

  /** Ends every wait; listeners stay. */
  failWaiting(reason: unknown): void {
    for (const waiter of [...this.#waiting]) waiter.fail(reason);
  }
}

class Waiter<T> implements UrcWaiter<T>, Waiting {
  readonly #match: (line: Line) => T | undefined;
  readonly #options: WaitOptions;
  readonly #onLeave: () => void;
  readonly promise: Promise<T>;
  #settle: { resolve(value: T): void; reject(reason: unknown): void } | undefined;
  readonly #deadline: ExtendableTimeout;
  readonly #onAbort = (): void => this.fail(this.#options.signal?.reason);
  #over = false;

  constructor(match: (line: Line) => T | undefined, options: WaitOptions, onLeave: () => void) {
    this.#match = match;
    this.#options = options;
    this.#onLeave = onLeave;
    this.promise = new Promise<T>((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // The wait may fail while its owner still awaits the command that causes the URC.
    this.promise.catch(() => undefined);
    this.#deadline = new ExtendableTimeout(() => this.fail(this.#timeoutError()));
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  start(): void {
    if (!this.#over) this.#deadline.start(this.#options.timeout);
  }

  cancel(): void {
    this.#over = true;
    this.#deadline.stop();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#onLeave();
  }

  offer(line: Line): void {
    try {
      const value = this.#match(line);
      if (value === undefined) return;
      this.cancel();
      this.#settle?.resolve(value);
    } catch (error) {
      this.fail(error);
    }
  }

  fail(reason: unknown): void {
    this.cancel();
    this.#settle?.reject(reason);
  }

  #timeoutError(): ModemError {
    const { operation, timeout } = this.#options;
    return new ModemError("MODEM_TIMEOUT", `${operation}: no result from the modem within ${inSeconds(timeout)}`, {
      command: operation,
    });
  }
}
