/** A network that moves nothing for a while. */
export class Congestion {
  #gate: Promise<void> | undefined;
  #open: () => void = () => undefined;

  begin(): void {
    if (this.#gate !== undefined) return;
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  end(): void {
    this.#gate = undefined;
    this.#open();
  }

  /** Resolves when the network moves data, or when `signal` fires. */
  async over(signal?: AbortSignal): Promise<void> {
    while (this.#gate !== undefined && signal?.aborted !== true) {
      const leave = new AbortController();
      const aborted = new Promise<void>((resolve) => {
        signal?.addEventListener("abort", () => resolve(), { once: true, signal: leave.signal });
      });
      await Promise.race([this.#gate, aborted]);
      leave.abort();
    }
  }
}
