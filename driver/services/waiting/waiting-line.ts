/** How long a caller waits for what others hold. */
export interface AcquireOptions {
  /** ms to wait for an item; without it there is no limit in time. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  /** Who asks, for the message when nothing is free: "GET http://…". */
  readonly owner?: string;
  /** Goes before all who wait: for what the modem has given away by itself. */
  readonly first?: boolean;
}

export interface Waiter<T, W> {
  /** What it waits for. */
  readonly wanted: W;
  readonly owner: string | undefined;
  /** Ends the wait with an item, which is the caller's from then on. */
  grant(item: T): void;
  fail(error: unknown): void;
}

/** Callers in order of arrival, but for those who go `first`; each leaves when it is served, late, or gives up. */
export class WaitingLine<T, W = undefined> implements Iterable<Waiter<T, W>> {
  /** A Set keeps the order of arrival and lets a waiter leave from its middle at once. */
  readonly #waiters = new Set<Waiter<T, W>>();

  get length(): number {
    return this.#waiters.size;
  }

  [Symbol.iterator](): Iterator<Waiter<T, W>> {
    return this.#waiters.values();
  }

  /** @param tooLate makes the error of a caller whose time is over */
  join(
    wanted: W,
    { timeout, signal, owner, first }: AcquireOptions,
    tooLate: (seconds: number) => unknown,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      const waiter: Waiter<T, W> = {
        wanted,
        owner,
        grant: (item) => {
          leave();
          resolve(item);
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      const onAbort = (): void => waiter.fail(signal?.reason);
      const timer = timeout === undefined ? undefined : setTimeout(() => waiter.fail(tooLate(timeout / 1000)), timeout);
      signal?.addEventListener("abort", onAbort, { once: true });
      const others = first === true ? [...this.#waiters] : [];
      if (first === true) this.#waiters.clear();
      for (const each of [waiter, ...others]) this.#waiters.add(each);
    });
  }

  failAll(error: unknown): void {
    for (const waiter of [...this.#waiters]) waiter.fail(error);
  }
}
