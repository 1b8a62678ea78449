import { BREAK_OFF_MS, lastWordsIn, PREFIXED, TAIL_LENGTH } from "../last-words";

/** What stands behind the data of a file (AT facts 4): one line end is the line's, a second would be the data's. */
const BEHIND = {
  "+QFDWL": new RegExp(
    `^(?:${PREFIXED})*?\\r\\n\\+QFDWL: \\d+,[0-9a-f]+\\r\\n(?:${PREFIXED})*\\r\\nOK\\r\\n(?:${PREFIXED})*$`,
    "i",
  ),
  "+QFREAD": new RegExp(`^(?:${PREFIXED})*\\r\\nOK\\r\\n(?:${PREFIXED})*$`),
} as const;

/**
 * Finds where the data of a file end: where the count says so and the modem's own words begin. Where bytes were lost or
 * added those stand elsewhere, and the silence behind them tells.
 */
export class DataEnd {
  readonly #size: number;
  readonly #behind: RegExp;
  #isWhole = false;

  constructor(size: number, command: keyof typeof BEHIND) {
    this.#size = size;
    this.#behind = BEHIND[command];
  }

  /** Whether every byte came, and none too much. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  readonly find = (raw: Buffer, quiet: number): number | undefined => {
    const behind = raw.length < this.#size ? "" : raw.toString("latin1", this.#size, this.#size + TAIL_LENGTH);
    this.#isWhole = this.#behind.test(behind);
    if (this.#isWhole) return this.#size;
    return quiet >= BREAK_OFF_MS ? lastWordsIn(raw) : undefined;
  };
}
