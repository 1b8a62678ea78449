import { ModemError } from "../errors";

export interface PoolOptions {
  /** What is shared, in the plural, as it stands in error messages: "HTTP profiles". */
  readonly name: string;
  /** Most callers that may wait (1000); one more is refused with `MODEM_BUSY`. */
  readonly limit?: number;
}

export interface AcquireOptions {
  /** ms to wait for an item; without it there is no limit in time. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  /** Who asks, for the message when nothing is free: "GET http://…". */
  readonly owner?: string;
}

interface Waiter<T> {
  grant(item: T): void;
  fail(error: unknown): void;
  readonly owner: string | undefined;
}

/**
 * Things of which the modem has only so many (HTTP profiles, sockets, its one data mode), each with one owner at a time.
 *
 * Who can't have one waits in order of arrival. A pool of one item is a mutex.
 */
export class Pool<T> {
  readonly #free: T[];
  readonly #owners = new Map<T, string | undefined>();
  /** A Set keeps the order of arrival and lets a waiter leave from its middle at once. */
  readonly #waiters = new Set<Waiter<T>>();
  readonly #name: string;
  readonly #limit: number;
  #closed: Error | undefined;

  constructor(items: Iterable<T>, options: PoolOptions) {
    this.#free = [...items];
    this.#name = options.name;
    this.#limit = options.limit ?? 1000;
  }

  /** Items that nobody holds. */
  get available(): number {
    return this.#free.length;
  }

  /** Callers that wait for one. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Takes an item, which the caller gives back with `release`.
   *
   * @throws {ModemError} `MODEM_BUSY` when too many wait already or `timeout` is over; the abort reason; what `close` gave
   */
  acquire(options: AcquireOptions = {}): Promise<T> {
    const { signal, owner } = options;
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const item = this.#take(owner);
    if (item !== undefined) return Promise.resolve(item.value);
    if (this.#waiters.size >= this.#limit) return Promise.reject(this.#busy(`and ${this.#limit} callers wait already`));
    return this.#wait(options);
  }

  /** Gives an item back: the caller that has waited longest gets it. An item that nobody holds is ignored. */
  release(item: T): void {
    if (!this.#owners.delete(item)) return;
    const [next] = this.#waiters;
    if (next === undefined) {
      this.#free.push(item);
      return;
    }
    this.#owners.set(item, next.owner);
    next.grant(item);
  }

  /** Runs `work` with an item and gives it back however `work` ends. */
  async withItem<R>(work: (item: T) => Promise<R>, options?: AcquireOptions): Promise<R> {
    const item = await this.acquire(options);
    try {
      return await work(item);
    } finally {
      this.release(item);
    }
  }

  /** Fails everyone who waits, and everyone who will ask, with `error`. */
  close(error: Error): void {
    this.#closed ??= error;
    for (const waiter of [...this.#waiters]) waiter.fail(this.#closed);
  }

  #take(owner: string | undefined): { value: T } | undefined {
    const [value] = this.#free.splice(0, 1);
    if (value === undefined) return undefined;
    this.#owners.set(value, owner);
    return { value };
  }

  #wait({ timeout, signal, owner }: AcquireOptions): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      const waiter: Waiter<T> = {
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
      const timer =
        timeout === undefined
          ? undefined
          : setTimeout(() => waiter.fail(this.#busy(`after ${timeout / 1000} s`)), timeout);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  #busy(detail: string): ModemError {
    const owners = [...new Set([...this.#owners.values()].filter((owner) => owner !== undefined))];
    const users = owners.length > 0 ? `, by ${owners.join("; ")}` : "";
    return new ModemError(
      "MODEM_BUSY",
      `All ${this.#owners.size} ${this.#name} are in use ${detail}${users}. Send fewer requests at once or allow more time.`,
    );
  }
}
