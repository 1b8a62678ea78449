import { busyError } from "../../services/waiting/pool";
import { type AcquireOptions, WaitingLine } from "../../services/waiting/waiting-line";
import type { QuectelTraits } from "../traits";

/** The number of a socket, held by one user. */
export interface SocketNumber {
  readonly value: number;
  /** False when it was given back, or when the modem gave it to a connection that it accepted. */
  readonly isHeld: boolean;
  /** Gives it back; does nothing when it is not held any more. */
  release(): void;
}

/**
 * The numbers of the modem's sockets. The host chooses those that it opens, the modem those of connections that it accepts:
 * these may come on a number that the host is just about to open, which the modem then refuses.
 */
export class SocketNumbers {
  readonly #model: QuectelTraits;
  readonly #free: number[];
  readonly #holders = new Map<number, { readonly number: SocketNumber; readonly owner: string | undefined }>();
  readonly #waiters = new WaitingLine<SocketNumber>();
  #closed: Error | undefined;

  constructor(model: QuectelTraits) {
    this.#model = model;
    this.#free = Array.from({ length: model.limits.sockets }, (_value, number) => number);
  }

  get model(): QuectelTraits {
    return this.#model;
  }

  /** Whether the modem has a socket of that number. */
  has(value: number): boolean {
    return Number.isInteger(value) && value >= 0 && value < this.#model.limits.sockets;
  }

  isHeld(value: number): boolean {
    return this.#holders.has(value);
  }

  get available(): number {
    return this.#free.length;
  }

  /** @throws {ModemError} `MODEM_BUSY` when none is free within `timeout`; the abort reason; what `close` gave */
  async acquire(options: AcquireOptions): Promise<SocketNumber> {
    if (this.#closed !== undefined) throw this.#closed;
    options.signal?.throwIfAborted();
    const free = this.#free.shift();
    if (free !== undefined) return this.#hold(free, options.owner);
    return this.#waiters.join(undefined, options, (seconds) => this.busy(`after ${seconds} s`));
  }

  /** The largest free number; undefined when there is none. */
  last(owner: string): SocketNumber | undefined {
    const largest = Math.max(...this.#free);
    return this.#remove(largest) ? this.#hold(largest, owner) : undefined;
  }

  /** Takes the number of an accepted connection, even where another holds it. */
  claim(value: number, owner: string): SocketNumber {
    this.#remove(value);
    return this.#hold(value, owner);
  }

  busy(detail: string): Error {
    const owners = [...this.#holders.values()].map(({ owner }) => owner);
    return busyError(`All ${this.#model.limits.sockets} sockets of ${this.#model.name}`, detail, owners);
  }

  /** Fails everyone who waits, and everyone who will ask, with `error`. */
  close(error: Error): void {
    this.#closed ??= error;
    this.#waiters.failAll(this.#closed);
  }

  #remove(value: number): boolean {
    const index = this.#free.indexOf(value);
    if (index >= 0) this.#free.splice(index, 1);
    return index >= 0;
  }

  #hold(value: number, owner: string | undefined): SocketNumber {
    const isHeld = (): boolean => this.#holders.get(value)?.number === number;
    const number: SocketNumber = {
      value,
      get isHeld() {
        return isHeld();
      },
      release: () => {
        if (isHeld()) this.#release(value);
      },
    };
    this.#holders.set(value, { number, owner });
    return number;
  }

  #release(value: number): void {
    this.#holders.delete(value);
    const [next] = this.#waiters;
    if (next === undefined) this.#free.push(value);
    else next.grant(this.#hold(value, next.owner));
  }
}
