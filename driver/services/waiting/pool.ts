import { ModemError } from "../../errors";
import { type AcquireOptions, WaitingLine } from "./waiting-line";

export type { AcquireOptions } from "./waiting-line";

export interface PoolOptions {
  /** What is shared, in the plural, as error messages have it: "HTTP profiles". */
  readonly name: string;
  /** Most callers that may wait (1000); one more is refused with `MODEM_BUSY`. */
  readonly limit?: number;
}

/**
 * Things of which the modem has only so many (HTTP profiles, sockets, its one data mode), each with one owner at a time.
 *
 * Who can't have one waits in order of arrival. A pool of one item is a mutex.
 */
export class Pool<T> {
  readonly #free: T[];
  readonly #owners = new Map<T, string | undefined>();
  readonly #waiters = new WaitingLine<T>();
  readonly #name: string;
  readonly #limit: number;
  #closed: Error | undefined;

  constructor(items: Iterable<T>, options: PoolOptions) {
    this.#free = [...items];
    this.#name = options.name;
    this.#limit = options.limit ?? 1000;
  }

  /** Items without a holder. */
  get available(): number {
    return this.#free.length;
  }

  /** Callers that wait for one. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /**
   * Takes an item, which the caller gives back with `release`.
   *
   * @throws {ModemError} `MODEM_BUSY` when too many wait already or `timeout` is over; the abort reason; what `close` gave
   */
  acquire(options: AcquireOptions = {}): Promise<T> {
    const { signal, owner, first } = options;
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const item = this.#take(owner);
    if (item !== undefined) return Promise.resolve(item.value);
    if (first !== true && this.#waiters.length >= this.#limit)
      return Promise.reject(this.#busy(`and ${this.#limit} callers wait already`));
    return this.#waiters.join(undefined, options, (seconds) => this.#busy(`after ${seconds} s`));
  }

  /** Gives an item back: the caller whose turn it is gets it. An item without a holder is ignored. */
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
    this.#waiters.failAll(this.#closed);
  }

  #take(owner: string | undefined): { value: T } | undefined {
    const [value] = this.#free.splice(0, 1);
    if (value === undefined) return undefined;
    this.#owners.set(value, owner);
    return { value };
  }

  #busy(detail: string): ModemError {
    return busyError(`All ${this.#owners.size} ${this.#name}`, detail, this.#owners.values());
  }
}

/** The error for who can't have what `owners` hold. */
export function busyError(what: string, detail: string, owners: Iterable<string | undefined>): ModemError {
  const names = [...new Set(owners)].filter((owner) => owner !== undefined);
  const users = names.length > 0 ? `, by ${names.join("; ")}` : "";
  return new ModemError(
    "MODEM_BUSY",
    `${what} are in use ${detail}${users}. Send fewer requests at once or allow more time.`,
  );
}
