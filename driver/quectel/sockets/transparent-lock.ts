import { ModemError } from "../../errors";
import { type AcquireOptions, WaitingLine } from "../../services/waiting/waiting-line";
import type { QuectelTraits } from "../traits";

/** ms that are waited at most: the socket that has the turn may be closing. */
const PATIENCE_MS = 10_000;

/** Gives the turn back; does nothing a second time. */
export type Release = () => void;

/**
 * Who may have the line in transparent access mode. One socket at a time: stepping out for each other takes two guard
 * times, and ATO knows only the last.
 */
export class TransparentModeLock {
  readonly #waiters = new WaitingLine<Release>();
  readonly #model: QuectelTraits;
  #owner: string | undefined;
  #holder: Release | undefined;
  #closed: Error | undefined;

  constructor(model: QuectelTraits) {
    this.#model = model;
  }

  /** @throws {ModemError} `MODEM_BUSY` when another one has it and keeps it; the abort reason; what `close` gave */
  async take({ owner = "", timeout = PATIENCE_MS, signal }: AcquireOptions): Promise<Release> {
    if (this.#closed !== undefined) throw this.#closed;
    signal?.throwIfAborted();
    if (this.#holder === undefined) return this.#hold(owner);
    const patience = { owner, signal, timeout: Math.min(PATIENCE_MS, timeout) };
    return this.#waiters.join(undefined, patience, () => this.#busy(owner));
  }

  /** Fails everyone who waits, and everyone who will ask, with `error`. */
  close(error: Error): void {
    this.#closed ??= error;
    this.#waiters.failAll(this.#closed);
  }

  #hold(owner: string): Release {
    const release = (): void => {
      if (this.#holder !== release) return;
      this.#holder = undefined;
      const [next] = this.#waiters;
      next?.grant(this.#hold(next.owner ?? ""));
    };
    this.#holder = release;
    this.#owner = owner;
    return release;
  }

  #busy(operation: string): ModemError {
    const message = `${operation}: only one socket of ${this.#model.name} can be in direct mode at a time, and ${this.#owner} is; close it first, or choose mode command`;
    return new ModemError("MODEM_BUSY", message);
  }
}
