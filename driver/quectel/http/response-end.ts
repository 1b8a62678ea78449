import { decodeChunked } from "../../services/http/chunked";
import { contentLength, isCoded, parseResponseHead, type ResponseHead } from "../../services/http/head";
import { hasNoBody } from "../../services/http/response";
import { BREAK_OFF_MS, FINAL, lastWordsIn, PREFIXED, TAIL_LENGTH } from "../last-words";

/** Bytes within which a head has to end. */
const HEAD_LENGTH = 65_536;
/** Bytes of CR LF. */
const LINE_END = 2;

/**
 * What follows data that are whole, each with URCs between: their result and its URC, or after a silence nothing but a
 * result. Group 1 is a line end that the server sent too much (RFC 9112 2.2 tells of such).
 */
const RESULT = new RegExp(`^(\\r?\\n)?(?:${PREFIXED})*\\r\\nOK\\r\\n(?:${PREFIXED})*?\\r\\n\\+QHTTPREAD: \\d+\\r\\n`);
const RESULT_ALONE = new RegExp(`^(\\r?\\n)?(?:${PREFIXED})*${FINAL}`);
const ONLY_PREFIXED = new RegExp(`^(?:${PREFIXED})*$`);
const LAST_PREFIXED = new RegExp(`${PREFIXED}$`);

/** What came by QHTTPREAD. */
export type ResponseCondition =
  /** Bytes are missing, or stand where none should. */
  | "damaged"
  /**
   * The count is right, but a line end stands behind it that may be the server's or the end of a body that grew. Or the
   * head says of the body what no count of the modem's can prove.
   */
  | "unproven"
  | "whole";

/** Which answer is read. */
export interface Announced {
  /** Bytes of the body as the result URC has them. */
  readonly length: number;
  /** The answer to HEAD ends with its head. */
  readonly headOnly: boolean;
}

/**
 * Finds where the data of QHTTPREAD ends. It has no length of its own: the head is in it, and the result URC told the
 * length of the body. A count alone is not enough, since a final result that stands in place of missing bytes counts as
 * well: the data end where the count says so and a final result begins. A response that breaks off is followed by an
 * error line (guide 2.6), which only the silence after it tells from data.
 */
export class ResponseEnd {
  readonly #announced: Announced;
  readonly #onComplete: (raw: Buffer) => void;
  #head: ResponseHead | undefined;
  #received = 0;
  #condition: ResponseCondition = "damaged";

  constructor(announced: Announced, onComplete: (raw: Buffer) => void) {
    this.#announced = announced;
    this.#onComplete = onComplete;
  }

  /** Bytes of the body so far. */
  get bodyBytes(): number {
    return Math.max(0, this.#received - (this.#head?.length ?? this.#received));
  }

  get hasHead(): boolean {
    return this.#head !== undefined;
  }

  get condition(): ResponseCondition {
    return this.#condition;
  }

  readonly find = (raw: Buffer, quiet: number): number | undefined => {
    this.#findHead(raw);
    const whole = this.#isCounted ? this.#whole(raw, quiet > 0) : this.#selfDelimited(raw, quiet > 0);
    const end = whole ?? (quiet >= BREAK_OFF_MS ? this.#brokenOff(raw) : undefined);
    this.#received = end ?? raw.length;
    return end;
  };

  #brokenOff(raw: Buffer): number | undefined {
    const end = lastWordsIn(raw) ?? resultUrcIn(raw);
    // The line ends of the last words end no head.
    if (end !== undefined && this.#head !== undefined && end < this.#head.length) this.#head = undefined;
    if (!this.#isCounted) this.#condition = "unproven";
    return end;
  }

  /** Whether the modem's count can be that of the body: a coding goes before a length (RFC 9112 6.3), and a length that is none tells nothing. */
  get #isCounted(): boolean {
    const head = this.#head;
    if (head === undefined || this.#announced.headOnly || hasNoBody(head.statusCode)) return true;
    return !isCoded(head) && !Number.isNaN(contentLength(head));
  }

  /** A body in chunks shows its end by itself; one that the modem has joined has to be as long as the modem says. */
  #selfDelimited(raw: Buffer, isSilent: boolean): number | undefined {
    const head = this.#head;
    let end = isSilent ? lastWordsIn(raw) : undefined;
    if (head === undefined || !/\bchunked$/i.test(String(head.headers["transfer-encoding"]))) return undefined;
    while (end !== undefined && end >= head.length) {
      const { kind } = decodeChunked(raw.subarray(head.length, end));
      if (kind === "whole" || (kind === "decoded" && end === head.length + this.#announced.length)) {
        this.#condition = "whole";
        return end;
      }
      const urc = LAST_PREFIXED.exec(raw.toString("latin1", Math.max(head.length, end - TAIL_LENGTH), end));
      end = urc === null ? undefined : end - urc[0].length;
    }
    return undefined;
  }

  #findHead(raw: Buffer): void {
    if (this.#head !== undefined || this.#received >= HEAD_LENGTH) return;
    this.#head = parseResponseHead(raw.subarray(0, HEAD_LENGTH));
  }

  #whole(raw: Buffer, isSilent: boolean): number | undefined {
    if (this.#head === undefined) return undefined;
    const totals = this.#totals(this.#head);
    for (const total of totals) {
      if (raw.length < total) continue;
      // Of two counts that differ, the one that all of the rest fits to is right.
      const isSure = totals.length === 1 || (isSilent && lastWordsIn(raw) === total);
      const condition = isSure ? this.#conditionAt(raw, this.#head, total, isSilent) : undefined;
      if (condition === undefined) continue;
      this.#condition = condition;
      if (condition === "whole") this.#onComplete(Buffer.from(raw.subarray(0, total)));
      return total;
    }
    return undefined;
  }

  /** Where the answer may end: head and result URC may differ, as they do in guide 3.2.1. */
  #totals(head: ResponseHead): readonly number[] {
    if (this.#announced.headOnly || hasNoBody(head.statusCode)) return [head.length];
    const announced = contentLength(head) || this.#announced.length;
    return [...new Set([this.#announced.length, announced])].map((count) => head.length + count);
  }

  #conditionAt(raw: Buffer, head: ResponseHead, total: number, isSilent: boolean): ResponseCondition | undefined {
    const behind = raw.toString("latin1", total, total + TAIL_LENGTH);
    // Some firmware waits long for the server to close before it says OK (AT facts 5).
    if (behind === "") return isSilent && lastWordsIn(raw) === undefined ? "whole" : undefined;
    // A server that closes behind the head of an answer to HEAD has sent all, whatever the modem thinks of it.
    const lone = isSilent || this.#announced.headOnly ? loneResultIn(behind) : null;
    const match = RESULT.exec(behind) ?? lone;
    if (match === null) return undefined;
    const mayBeShifted = match[1] !== undefined && mayHaveGrown(raw.subarray(head.length - LINE_END, total));
    return mayBeShifted ? "unproven" : "whole";
  }
}

function loneResultIn(behind: string): RegExpExecArray | null {
  const match = RESULT_ALONE.exec(behind);
  return match !== null && ONLY_PREFIXED.test(behind.slice(match[0].length)) ? match : null;
}

/** Where the result URC begins that ends all that has come: the final result before it was damaged. */
function resultUrcIn(raw: Buffer): number | undefined {
  const start = Math.max(0, raw.length - TAIL_LENGTH);
  const { index } = /(?:\r?\n)?\+QHTTPREAD: \d{1,5}\r\n$/.exec(raw.toString("latin1", start)) ?? {};
  return index === undefined ? undefined : start + index;
}

/** Whether two bytes may have been doubled on the way. */
function mayHaveGrown(bytes: Buffer): boolean {
  for (let at = 0; at + 2 * LINE_END <= bytes.length; at += 1) {
    if (bytes[at] === bytes[at + 2] && bytes[at + 1] === bytes[at + 3]) return true;
  }
  return false;
}
