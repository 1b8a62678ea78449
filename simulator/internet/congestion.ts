import { type Deferred, deferred } from "../deferred";

/** Lets the network stop moving data for a while. */
export class Congestion {
  #gate: Deferred<void> | undefined;

  begin(): void {
    this.#gate ??= deferred();
  }

  end(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  /** Resolves once the network moves data, or when `signal` fires. */
  async over(signal?: AbortSignal): Promise<void> {
    while (this.#gate !== undefined && signal?.aborted !== true) {
      const leave = new AbortController();
      const aborted = new Promise<void>((resolve) => {
        signal?.addEventListener("abort", () => resolve(), { once: true, signal: leave.signal });
      });
      await Promise.race([this.#gate.promise, aborted]);
      leave.abort();
    }
  }
}
