/** Waits. Rejects at once with the signal's reason when it is, or gets, aborted. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** Something to wait for that may happen before, during or after the wait. Several happenings count as one. */
export class AutoResetEvent {
  #happened = false;
  #notify: () => void = () => {};

  set(): void {
    this.#happened = true;
    this.#notify();
  }

  /** Resolves to true as soon as it has happened, to false after `ms`; rejects with the signal's reason. */
  async wait(ms: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#happened) await this.#sleep(ms, signal);
    signal.throwIfAborted();
    const happened = this.#happened;
    this.#happened = false;
    return happened;
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", wake);
        this.#notify = () => {};
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal.addEventListener("abort", wake, { once: true });
      this.#notify = wake;
      if (signal.aborted) wake();
    });
  }
}
