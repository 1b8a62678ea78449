const EMPTY = Buffer.alloc(0);

/** Bytes that arrive in pieces; appending is cheap however small the pieces are. */
export class ByteSink {
  #buffer: Buffer = EMPTY;
  #used = 0;

  get length(): number {
    return this.#used;
  }

  append(bytes: Buffer, from: number, to: number): void {
    const needed = this.#used + to - from;
    if (needed > this.#buffer.length) this.#grow(needed);
    bytes.copy(this.#buffer, this.#used, from, to);
    this.#used = needed;
  }

  /** What has arrived; valid until the next call. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#used);
  }

  /** Hands the bytes over and starts again. */
  take(): Buffer {
    const taken = this.view();
    this.#buffer = EMPTY;
    this.#used = 0;
    return taken;
  }

  /** Starts again in the same memory. */
  clear(): void {
    this.#used = 0;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafe(Math.max(256, needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#used);
    this.#buffer = grown;
  }
}
