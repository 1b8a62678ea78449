import { busyError } from "../waiting/pool";
import { unlessAborted } from "../waiting/unless-aborted";
import { type AcquireOptions, WaitingLine } from "../waiting/waiting-line";

export interface ProfileAllocationOptions {
  /** What is shared, in the plural, as error messages have it: "security profiles". */
  readonly name: string;
  /** Most callers that may wait (1000); one more is refused with `MODEM_BUSY`. */
  readonly limit?: number;
}

export interface ProfileAcquireOptions extends AcquireOptions {
  /** Ends the wait while another caller sets the profile up; where it is left out, `signal` does. */
  readonly setUpSignal?: AbortSignal;
  /**
   * Asks the modem whether it still has a profile that was set up earlier. Where it has not, having rebooted without a
   * word, none is trusted any more.
   */
  readonly isInForce?: (number: number) => Promise<boolean>;
}

/** A caller's part in a profile that is set up for its key. */
export interface ProfileLease {
  readonly number: number;
  /** Gives the part back; a second time means nothing. With `forget` the profile is set up again before its next use. */
  release(options?: { forget?: boolean }): void;
}

/** One profile of the modem. */
interface Slot {
  readonly number: number;
  /** What it is set up for, or about to be. */
  key: string | undefined;
  configured: boolean;
  /** Set up again before another uses it; those who use it go on. */
  stale: boolean;
  /** Ends, and never fails, when the set-up that is running is over. */
  configuring: Promise<void> | undefined;
  /** One entry a lease. */
  readonly users: Map<symbol, string | undefined>;
}

type Configure = (number: number) => Promise<void>;

/**
 * Shares the modem's few profiles among more sets of settings, each of which has a key.
 *
 * Callers with one key share a profile and set it up once. A new key gets a profile that holds nothing, else the idle
 * one that was used longest ago, else waits in order of arrival.
 */
export class ProfileAllocation {
  /** Idle ones are in the order of their last use. */
  readonly #slots: Slot[];
  readonly #waiters = new WaitingLine<Slot, { key: string; user: symbol }>();
  readonly #name: string;
  readonly #limit: number;
  #closed: Error | undefined;

  constructor(numbers: Iterable<number>, { name, limit = 1000 }: ProfileAllocationOptions) {
    this.#slots = [...numbers].map((number) => ({
      number,
      key: undefined,
      configured: false,
      stale: false,
      configuring: undefined,
      users: new Map(),
    }));
    this.#name = name;
    this.#limit = limit;
  }

  /**
   * Takes the profile of `key`, after `configure` has set it up where it isn't. A set-up that fails is not remembered:
   * the next caller tries again.
   *
   * @throws {ModemError} `MODEM_BUSY` when too many wait already or `timeout` is over; the abort reason; what `close`
   * gave; what `configure` and `isInForce` throw
   */
  async acquire(key: string, configure: Configure, options: ProfileAcquireOptions = {}): Promise<ProfileLease> {
    for (;;) {
      const user = Symbol(options.owner);
      const slot = await this.#join(key, user, options);
      try {
        if (await this.#isReady(slot, configure, options)) {
          return { number: slot.number, release: ({ forget = false } = {}) => this.#leave(slot, user, forget) };
        }
      } catch (error) {
        this.#leave(slot, user, false);
        throw error;
      }
      this.forget();
      this.#leave(slot, user, true);
    }
  }

  /** Lets every profile be set up again before its next use. */
  forget(): void {
    for (const slot of this.#slots) slot.stale = true;
  }

  /** Fails everyone who waits, and everyone who will ask, with `error`. */
  close(error: Error): void {
    this.#closed ??= error;
    this.#waiters.failAll(this.#closed);
  }

  async #join(key: string, user: symbol, options: AcquireOptions): Promise<Slot> {
    if (this.#closed !== undefined) throw this.#closed;
    options.signal?.throwIfAborted();
    const slot = this.#find(key);
    if (slot !== undefined) return this.#enter(slot, key, user, options.owner);
    if (this.#waiters.length >= this.#limit) throw this.#busy(`and ${this.#limit} callers wait already`);
    return this.#waiters.join({ key, user }, options, (seconds) => this.#busy(`after ${seconds} s`));
  }

  #find(key: string): Slot | undefined {
    const idle = this.#slots.filter(({ users }) => users.size === 0);
    return (
      this.#slots.find((slot) => slot.key === key && !slot.stale) ??
      idle.find((slot) => slot.key === undefined) ??
      idle[0]
    );
  }

  #enter(slot: Slot, key: string, user: symbol, owner: string | undefined): Slot {
    if (slot.key !== key || slot.stale) Object.assign(slot, { key, configured: false, stale: false });
    slot.users.set(user, owner);
    return slot;
  }

  async #isReady(slot: Slot, configure: Configure, options: ProfileAcquireOptions): Promise<boolean> {
    const { signal, setUpSignal = signal, isInForce } = options;
    const isNew = await this.#setUp(slot, configure, setUpSignal);
    return isNew || isInForce === undefined || isInForce(slot.number);
  }

  /** Resolves to whether it was this call that set the profile up. */
  async #setUp(slot: Slot, configure: Configure, signal: AbortSignal | undefined): Promise<boolean> {
    while (slot.configuring !== undefined) {
      await (signal === undefined ? slot.configuring : unlessAborted(slot.configuring, signal));
    }
    if (slot.configured) return false;
    const work = configure(slot.number);
    slot.configuring = work.then(ignore, ignore);
    try {
      await work;
      slot.configured = true;
    } finally {
      slot.configuring = undefined;
    }
    return true;
  }

  #leave(slot: Slot, user: symbol, forget: boolean): void {
    if (!slot.users.delete(user)) return;
    slot.stale ||= forget;
    if (slot.users.size > 0) return;
    if (slot.stale || !slot.configured) Object.assign(slot, { key: undefined, configured: false, stale: false });
    this.#slots.push(...this.#slots.splice(this.#slots.indexOf(slot), 1));
    for (const { wanted, owner, grant } of [...this.#waiters]) {
      const found = this.#find(wanted.key);
      if (found !== undefined) grant(this.#enter(found, wanted.key, wanted.user, owner));
    }
  }

  #busy(detail: string): Error {
    const owners = this.#slots.flatMap(({ users }) => [...users.values()]);
    return busyError(`All ${this.#slots.length} ${this.#name}`, detail, owners);
  }
}

function ignore(): void {}
