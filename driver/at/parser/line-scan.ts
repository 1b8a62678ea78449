const LF = 0x0a;
const CR = 0x0d;
const NUL = 0x00;

/** Finds line ends and NULs in one chunk; every byte is looked at once, however many lines the chunk holds. */
export class LineScan {
  #chunk: Buffer = Buffer.alloc(0);
  #cr = -1;
  #lf = -1;
  #nul = -1;

  reset(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#cr = this.#lf = this.#nul = -1;
  }

  /** Position of the next CR or LF from `at` on; the chunk's length when there is none. */
  lineEnd(at: number): number {
    if (this.#cr < at) this.#cr = this.#next(CR, at);
    if (this.#lf < at) this.#lf = this.#next(LF, at);
    return Math.min(this.#cr, this.#lf);
  }

  /** Position of the next NUL from `at` on; the chunk's length when there is none. */
  nulFrom(at: number): number {
    if (this.#nul < at) this.#nul = this.#next(NUL, at);
    return this.#nul;
  }

  #next(byte: number, at: number): number {
    const found = this.#chunk.indexOf(byte, at);
    return found < 0 ? this.#chunk.length : found;
  }
}
