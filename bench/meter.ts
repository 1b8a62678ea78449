import { createHash } from "node:crypto";

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/**
 * What arrives at the far end of a transfer: whether it is what was sent, and how fast. The clock runs from the first
 * portion to the last but one: the start and the rest that a modem holds until it looks whether more comes are no part of
 * a steady transfer.
 */
export class Meter {
  readonly #hash = createHash("sha256");
  readonly #expected: Buffer;
  readonly #whole: Promise<void>;
  #resolve: () => void = () => undefined;
  #count = 0;
  #first: { readonly at: number; readonly length: number } | undefined;
  #last = { at: 0, count: 0 };
  #lastButOne = { at: 0, count: 0 };

  /** @param expected what is to arrive */
  constructor(expected: Buffer) {
    this.#expected = expected;
    this.#whole = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get missing(): number {
    return this.#expected.length - this.#count;
  }

  take(bytes: Uint8Array): void {
    const at = performance.now();
    this.#first ??= { at, length: bytes.length };
    this.#count += bytes.length;
    this.#lastButOne = this.#last;
    this.#last = { at, count: this.#count };
    this.#hash.update(bytes);
    if (this.missing <= 0) this.#resolve();
  }

  /**
   * Resolves to bytes a second when all has arrived.
   *
   * @param limit ms
   * @throws {Error} when it takes longer or is not what was sent
   */
  async rate(limit: number): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const fail = () => reject(new Error(`${this.missing} of ${this.#expected.length} bytes have not arrived`));
      timer = setTimeout(fail, limit);
    });
    try {
      await Promise.race([this.#whole, late]);
    } finally {
      clearTimeout(timer);
    }
    if (this.#hash.digest("hex") !== sha256(this.#expected)) throw new Error("the bytes arrived changed");
    const { at = 0, length = 0 } = this.#first ?? {};
    return ((this.#lastButOne.count - length) * 1000) / (this.#lastButOne.at - at);
  }
}
