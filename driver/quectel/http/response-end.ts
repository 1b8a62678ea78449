import { parseResponseHead, type ResponseHead } from "../../services/http/head";
import { hasNoBody } from "../../services/http/response";

/** Silence after which an error line in place of the rest is taken for one, in ms. */
const BREAK_OFF_MS = 1_500;
/** A final result, perhaps with the result URC behind it, where data should go on. */
const FINAL_RESULT = /\r\n(?:OK|ERROR|\+CME ERROR: \d+)\r\n(?:\r\n\+QHTTPREAD: \d+\r\n)?$/;
/** What every final result begins with (V.250 5.7.1). */
const LINE_END = "\r\n";
/** No match is longer. */
const TAIL_LENGTH = 64;

/**
 * Finds where the data of QHTTPREAD ends. It has no length of its own: the head is in it, and the result URC told the
 * length of the body. A response that breaks off is followed by an error line (guide 2.6), which only the silence
 * after it tells from data.
 */
export class ResponseEnd {
  readonly #announced: number;
  readonly #onComplete: (raw: Buffer) => void;
  #head: ResponseHead | undefined;
  #received = 0;

  constructor(announced: number, onComplete: (raw: Buffer) => void) {
    this.#announced = announced;
    this.#onComplete = onComplete;
  }

  /** Bytes of the body so far. */
  get bodyBytes(): number {
    return Math.max(0, this.#received - (this.#head?.length ?? this.#received));
  }

  readonly find = (raw: Buffer, quiet: number): number | undefined => {
    this.#head ??= parseResponseHead(raw);
    const end = this.#total(raw, quiet) ?? (quiet >= BREAK_OFF_MS ? finalResultIn(raw) : undefined);
    this.#received = end ?? raw.length;
    return end;
  };

  /** Where the count ends the data. What follows tells whether a byte was lost or added: then nothing is complete. */
  #total(raw: Buffer, quiet: number): number | undefined {
    if (this.#head === undefined) return undefined;
    const total = this.#head.length + (hasNoBody(this.#head.statusCode) ? 0 : this.#announced);
    if (raw.length < total) return undefined;
    const behind = raw.toString("latin1", total, total + LINE_END.length);
    const mayGoOn = behind !== LINE_END && LINE_END.startsWith(behind);
    if (mayGoOn && quiet === 0) return undefined;
    if (LINE_END.startsWith(behind)) this.#onComplete(Buffer.from(raw.subarray(0, total)));
    return total;
  }
}

function finalResultIn(raw: Buffer): number | undefined {
  const start = Math.max(0, raw.length - TAIL_LENGTH);
  const match = FINAL_RESULT.exec(raw.toString("latin1", start));
  return match === null ? undefined : start + match.index;
}
