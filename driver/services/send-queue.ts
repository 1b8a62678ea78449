/** One call of `send`, as far as it has got. */
class Sending {
  readonly promise: Promise<void>;
  #settle: { resolve(): void; reject(reason: unknown): void } | undefined;

  constructor(
    public rest: Uint8Array,
    private readonly signal: AbortSignal | undefined,
    private readonly onAbort: () => void,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  }

  done(): void {
    this.signal?.removeEventListener("abort", this.onAbort);
    this.#settle?.resolve();
  }

  fail(reason: unknown): void {
    this.signal?.removeEventListener("abort", this.onAbort);
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

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Hands the next piece to `write`. Does nothing when there is none. */
  async next(size: number, write: (piece: Uint8Array) => Promise<void>): Promise<void> {
    const sending = this.#waiting[0];
    if (sending === undefined) return;
    const piece = sending.rest.subarray(0, size);
    if (piece.length > 0) await write(piece);
    sending.rest = sending.rest.subarray(piece.length);
    if (sending.rest.length > 0) return;
    this.#remove(sending);
    sending.done();
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

  #remove(sending: Sending): void {
    const index = this.#waiting.indexOf(sending);
    if (index >= 0) this.#waiting.splice(index, 1);
    if (!this.isEmpty) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}
