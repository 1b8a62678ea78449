import { createCipheriv, createHash } from "node:crypto";

/** Random bytes that the same seed makes again, as many as are asked for and never all at once. */
export class RandomBytes {
  readonly #cipher;

  constructor(seed: number) {
    const key = createHash("sha256").update(String(seed)).digest().subarray(0, 16);
    this.#cipher = createCipheriv("aes-128-ctr", key, Buffer.alloc(16));
  }

  next(length: number): Buffer {
    return this.#cipher.update(Buffer.alloc(length));
  }

  /** From 0 to below `limit`, which is at most 2^32. */
  below(limit: number): number {
    return Math.floor((this.next(4).readUInt32LE() / 2 ** 32) * limit);
  }

  /** `total` bytes in blocks. */
  *blocks(total: number, size: number): Generator<Buffer, void, undefined> {
    for (let left = total; left > 0; left -= size) yield this.next(Math.min(size, left));
  }
}
