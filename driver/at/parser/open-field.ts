import type { Line } from "../line";
import { ByteSink } from "./byte-sink";
import type { Continuation } from "./continuation";
import { isPrefixed } from "./expectation";

const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;

/** More than any text that a network sends: a USSD string has at most 182 characters (23.038 6.1.2.3). */
const MAX_BYTES = 2048;
const MAX_LINES = 32;

/** Whether a line ends within quotation marks: the field that is open may go on in the next line. */
export function endsInQuotes(text: string): boolean {
  if (!text.includes('"') || !isPrefixed(text)) return false;
  let isOpen = false;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) isOpen = !isOpen;
  return isOpen;
}

/**
 * Reads on behind a line that ended within quotation marks, up to the line end behind the closing one.
 *
 * An open field may also be a damaged line, whose closing mark was lost. So what was read counts as one line only if the
 * mark comes where a field can end, within bounds and before the line falls silent; if not, they are lines of their own.
 */
export class OpenField implements Continuation {
  readonly #first: string;
  readonly #bytes = new ByteSink();
  #isQuoted = true;
  /** The last byte was a closing mark: only the end of the field may follow. */
  #isClosed = false;
  #lines = 0;
  #outcome: "whole" | "broken" | undefined;

  /** @param first the line so far */
  constructor(first: string) {
    this.#first = first;
  }

  get buffered(): number {
    return this.#first.length + this.#bytes.length;
  }

  get done(): boolean {
    return this.#outcome !== undefined;
  }

  result(): { line: Line; behind: Buffer } {
    const isWhole = this.#outcome === "whole";
    const rest = Buffer.from(this.#bytes.view());
    return isWhole
      ? { line: { text: this.#first + rest.toString("latin1"), data: [] }, behind: Buffer.alloc(0) }
      : { line: { text: this.#first, data: [] }, behind: rest };
  }

  /** The line end that ends it is left. */
  read(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length && this.#outcome === undefined) {
      this.#look(chunk[at]);
      if (this.#outcome !== undefined) return at;
      this.#bytes.append(chunk, at, at + 1);
      at += 1;
    }
    return at;
  }

  silence(): void {
    this.#outcome = "broken";
  }

  #look(byte: number | undefined): void {
    if (this.#bytes.length >= MAX_BYTES || this.#lines > MAX_LINES) this.#outcome = "broken";
    else if (byte === QUOTE) this.#mark();
    else if (byte === CR || byte === LF) this.#lineEnd();
    else if (this.#isClosed && byte !== COMMA && byte !== BLANK) this.#outcome = "broken";
    else this.#isClosed = false;
  }

  #mark(): void {
    this.#isQuoted = !this.#isQuoted;
    this.#isClosed = !this.#isQuoted;
  }

  #lineEnd(): void {
    if (!this.#isQuoted) this.#outcome = "whole";
    this.#lines += 1;
  }
}
