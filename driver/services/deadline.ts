import { ModemError } from "../errors";

/** The end of an operation: when its time is over or its caller gave up. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #end: number;
  readonly #timer: NodeJS.Timeout;
  readonly #leave: () => void;

  /** @param timeout ms */
  constructor(timeout: number, operation: string, outer?: AbortSignal) {
    this.#end = Date.now() + timeout;
    const over = (): void =>
      this.#controller.abort(
        new ModemError("MODEM_TIMEOUT", `${operation}: not done within ${timeout / 1000} s; allow a longer timeout`),
      );
    this.#timer = setTimeout(over, timeout);
    const abort = (): void => this.#controller.abort(outer?.reason);
    outer?.addEventListener("abort", abort, { once: true });
    this.#leave = () => outer?.removeEventListener("abort", abort);
    if (outer?.aborted === true) abort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** ms, at least 1. */
  get remaining(): number {
    return Math.max(1, this.#end - Date.now());
  }

  /** Whole seconds as a modem's parameter takes them, 1–65535. */
  get seconds(): number {
    return Math.min(65_535, Math.ceil(this.remaining / 1000));
  }

  /** `work`, unless the end comes first. Ends the deadline. */
  async race<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    let onAbort = (): void => undefined;
    const ended = new Promise<never>((_resolve, reject) => {
      onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
    try {
      return await Promise.race([work, ended]);
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.clear();
    }
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#leave();
  }
}
