/** One call of `send`, as far as it has got. */
class Sending {
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  readonly promise: Promise<void>;
  #settle: { resolve(): void; reject(reason: unknown): void } | undefined;

  constructor(
    public rest: Uint8Array,
    signal: AbortSignal | undefined,
    onAbort: () => void,
  ) {
    this.#signal = signal;
    this.#onAbort = onAbort;
    this.promise = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  }

  done(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#settle?.resolve();
  }

  fail(reason: unknown): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#settle?.reject(reason);
  }
}

/** Bytes that wait for a line, in the order of the calls. */
export class SendQueue {
  readonly #waiting: Sending[] = [];
  #whenEmpty: (() => void)[] = [];

  /** Resolves when all of `data` was taken; rejects by `signal`, and nothing more of it is sent. */
  add(data: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const sending = new Sending(data, signal, () => {
      this.#remove(sending);
      sending.fail(signal?.reason);
    });
    this.#waiting.push(sending);
    return sending.promise;
  }

  /** What is left of the first. */
  get head(): Uint8Array | undefined {
    return this.#waiting[0]?.rest;
  }

  /** The first call: another object as soon as that is done, has failed or was given up. */
  get first(): object | undefined {
    return this.#waiting[0];
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Hands the next piece to `write`. Does nothing when there is none. */
  async next(size: number, write: (piece: Uint8Array) => Promise<void>): Promise<void> {
    const sending = this.#waiting[0];
    if (sending === undefined) return;
    const piece = sending.rest.subarray(0, size);
    if (piece.length > 0) await write(piece);
    this.#take(sending, piece.length);
  }

  /**
   * Hands what comes next to `write` in one run, at most `most` bytes of one call or of several, and goes on behind as
   * many of them as it resolves to. What it rejects with is the end of the first call alone: those behind it start over.
   * A call that is given up meanwhile leaves at once; what `write` took of it still counts.
   */
  async nextJoined(most: number, write: (run: Uint8Array) => Promise<number>): Promise<void> {
    const sendings = this.#within(most);
    const run = joined(sendings, most);
    try {
      let taken = run.length > 0 ? await write(run) : 0;
      for (const sending of sendings) {
        taken -= this.#take(sending, Math.min(taken, sending.rest.length));
        if (sending.rest.length > 0) return;
      }
    } catch (error) {
      const [first] = sendings;
      if (first === undefined) throw error;
      this.#remove(first);
      first.fail(error);
    }
  }

  /** Resolves when nothing waits any more. */
  async emptied(): Promise<void> {
    if (!this.isEmpty) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  failAll(reason: unknown): void {
    for (const sending of [...this.#waiting]) {
      this.#remove(sending);
      sending.fail(reason);
    }
  }

  /** Calls from the first on that have `size` bytes together, if there are so many. */
  #within(size: number): Sending[] {
    let end = 0;
    for (let bytes = 0; bytes < size && end < this.#waiting.length; end += 1) {
      bytes += this.#waiting[end]?.rest.length ?? 0;
    }
    return this.#waiting.slice(0, end);
  }

  #take(sending: Sending, count: number): number {
    sending.rest = sending.rest.subarray(count);
    if (sending.rest.length === 0) {
      this.#remove(sending);
      sending.done();
    }
    return count;
  }

  #remove(sending: Sending): void {
    const index = this.#waiting.indexOf(sending);
    if (index >= 0) this.#waiting.splice(index, 1);
    if (!this.isEmpty) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}

/** The first bytes of calls; those of a single one are not copied. */
function joined(sendings: readonly Sending[], most: number): Uint8Array {
  const parts = sendings.map(({ rest }) => rest.subarray(0, most));
  const [only = new Uint8Array()] = parts;
  return parts.length > 1 ? Buffer.concat(parts).subarray(0, most) : only;
}
