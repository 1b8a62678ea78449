/** A queue of bytes, read in portions of any size. */
export class ByteQueue {
  readonly #chunks: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }

  /** `count` bytes, or all if there are fewer. */
  take(count: number): Buffer {
    const parts: Buffer[] = [];
    let missing = Math.min(count, this.#length);
    this.#length -= missing;
    while (missing > 0) {
      const head = this.#chunks.shift();
      if (head === undefined) break;
      parts.push(head.subarray(0, missing));
      if (head.length > missing) this.#chunks.unshift(head.subarray(missing));
      missing -= Math.min(head.length, missing);
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }
}
