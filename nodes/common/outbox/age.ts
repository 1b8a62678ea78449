/** Before it no gateway was in use: a clock that says so hasn't been set yet. */
const EARLIEST_DATE_MS = Date.UTC(2020, 0, 1);

/** As a record keeps it. */
export interface Times {
  /** Date of the message, ms; 0 while the gateway didn't know it. */
  readonly at?: number;
  /** s; left out where it never expires. */
  readonly expiry?: number;
}

/** How long a message has waited. Not by the date as long as it can be helped: a gateway may learn it late. */
export class Age {
  readonly #since: number;
  readonly #expiry: number;
  readonly #at: number;

  private constructor(since: number, expiry: number, at: number) {
    this.#since = since;
    this.#expiry = expiry;
    this.#at = at;
  }

  /** @param expiry s; 0 for ever */
  static now(expiry: number): Age {
    return new Age(performance.now(), 1000 * expiry, date());
  }

  /** Of a message from before a restart. Where one of both dates isn't known, it counts from now. */
  static restored({ at = 0, expiry = 0 }: Times): Age {
    const today = date();
    const passed = at === 0 || today === 0 ? 0 : Math.max(0, today - at);
    return new Age(performance.now() - passed, 1000 * expiry, at);
  }

  get record(): Times {
    return { at: this.#at, ...(this.canExpire ? { expiry: this.#expiry / 1000 } : {}) };
  }

  /** ms */
  get passed(): number {
    return performance.now() - this.#since;
  }

  get canExpire(): boolean {
    return this.#expiry > 0;
  }

  get isOver(): boolean {
    return this.canExpire && this.passed >= this.#expiry;
  }
}

function date(): number {
  const now = Date.now();
  return now < EARLIEST_DATE_MS ? 0 : now;
}
