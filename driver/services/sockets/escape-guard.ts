import { now } from "../../at/clock";

const PLUS = 0x2b;
const LENGTH = 3;
/** ms of silence that break the sequence: more than the guard time (V.250 S12) of every supported modem. */
const CERTAIN_SILENCE_MS = 2500;

interface Written {
  readonly byte: number;
  /** ms before it: 0 within a write. */
  readonly silence: number;
  /** Whether a write begins with it: the line may have been silent before, however short the time was. */
  readonly isFirst: boolean;
}

/**
 * Keeps payload from being taken for the escape sequence (V.250 S2, S12): `+++` with silence around it, written at once
 * or byte by byte. Such a `+++` is cut by a silence of its own; all other bytes go as they are.
 */
export class EscapeGuard {
  /** The last bytes that went to the line. */
  #written: readonly Written[] = [];
  #writtenAt = Number.NEGATIVE_INFINITY;

  /** Data mode begins. */
  reset(): void {
    this.#written = [];
  }

  /** How many of the next bytes can be written now; 0: none before `laterAt`. */
  allowed(bytes: Uint8Array): number {
    let length = bytes.length;
    while (length > 0 && length <= LENGTH && isEscape(this.#with(bytes.subarray(0, length)))) length -= 1;
    return length;
  }

  get laterAt(): number {
    return this.#writtenAt + CERTAIN_SILENCE_MS;
  }

  /** Writes bytes that are `allowed`. */
  async write(bytes: Uint8Array, write: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    const written = this.#with(bytes);
    await write(bytes);
    this.#written = written;
    this.#writtenAt = now();
  }

  #with(bytes: Uint8Array): readonly Written[] {
    const silence = now() - this.#writtenAt;
    const start = Math.max(0, bytes.length - LENGTH);
    const last = Array.from(bytes.subarray(start), (byte, index) => {
      const isFirst = start + index === 0;
      return { byte, isFirst, silence: isFirst ? silence : 0 };
    });
    return [...this.#written, ...last].slice(-LENGTH);
  }
}

function isEscape(last: readonly Written[]): boolean {
  const isPlus = last.length === LENGTH && last.every(({ byte }) => byte === PLUS);
  return isPlus && last[0]?.isFirst === true && last.slice(1).every(({ silence }) => silence < CERTAIN_SILENCE_MS);
}
