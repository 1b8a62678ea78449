import { type AnswerField, splitFields } from "../fields";
import type { Line } from "../line";
import { ByteSink } from "./byte-sink";
import type { Continuation } from "./continuation";

const LF = 0x0a;
const CR = 0x0d;

/** More than any short message has: 160 characters, or the 350 digits of a PDU, in any character set. */
const MAX_BYTES = 2048;

/** Characters that take two of the septets which some modems count (23.038 6.2.1.1). */
const IN_TWO_SEPTETS = new Set(Buffer.from("^{}\\[]~|", "latin1"));

/** Lines that the text or the PDU of a message follows, with the number of fields before the message's own. */
const HEADERS: ReadonlyMap<string, number> = new Map([
  ["CMT", 0],
  ["CBM", 0],
  ["CDS", 0],
  ["CMGR", 1],
  ["CMGL", 2],
]);
/** Vendors put a letter of their own before the standard's name for lines of the same form. */
const HEADER = /^\+[A-Z]?(CMT|CBM|CDS|CMGR|CMGL):/;

/** A sender's name may hold quotation marks, which hide where fields end; a type of address and the length are told all the same. */
const LENGTH_AT_END = /",(?:12[89]|1[3-9]\d|2\d\d),(?:[^"]*,"[^"]*",\d{3},)?(\d{1,3})$/;

/** What stands behind the line of a message: how long it is, where the line says so. */
export interface Announced {
  /** What the line of another message begins with. */
  readonly prefix: string;
  /** Characters, or septets; a modem shows it after `AT+CSDH=1`. Undefined where the line does not tell. */
  readonly length: number | undefined;
}

/** Whether the text or the PDU of a message follows this line (27.005 3.4.2, 3.4.3, 4.1 to 4.4). */
export function announcedText(line: string): Announced | undefined {
  const [prefix, name] = HEADER.exec(line) ?? [];
  if (prefix === undefined || name === undefined) return undefined;
  const fields = splitFields({ text: line, data: [] });
  const own = fields.slice(HEADERS.get(name));
  const length = name === "CBM" ? undefined : lengthAtEnd(line);
  if (length !== undefined) return { prefix, length };
  if (!isFollowed(name, own)) return undefined;
  const last = own.length >= 5 && name !== "CBM" ? fields.at(-1) : undefined;
  const isLength = last !== undefined && !last.quoted && /^\d{1,3}$/.test(last.text);
  return { prefix, length: isLength ? Number(last.text) : undefined };
}

function lengthAtEnd(line: string): number | undefined {
  const digits = LENGTH_AT_END.exec(line)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Whether the line is that of a message and whole, however its quotation marks count. */
export function isWholeHeader(line: string): boolean {
  return HEADER.test(line) && lengthAtEnd(line) !== undefined;
}

/** A report of a delivery and a command are told in the line alone; they begin with their numbers, a text with an address. */
function isFollowed(name: string, own: readonly AnswerField[]): boolean {
  if (name === "CMT" || name === "CBM") return true;
  const isPdu = own.length <= 2 && (own.length === 1 || own[0]?.quoted === true || own[0]?.text === "");
  if (isPdu || name === "CDS") return isPdu;
  const isBroadcast = own.length >= 4 && own.every(({ quoted, text }) => !quoted && text !== "");
  return own[0]?.quoted === true || isBroadcast;
}

/**
 * Reads the text behind the line of a message: whatever it says, it is not the modem's own word.
 *
 * It ends at the line end behind its announced length; where none is announced, at the first line end that an empty line
 * follows (the modem sets its own words off by one), the line of another message, an echo, or silence.
 */
export class MessageText implements Continuation {
  readonly #header: string;
  readonly #announced: Announced;
  readonly #echo: () => string | undefined;
  readonly #bytes = new ByteSink();
  #septets = 0;
  /** Of CR and LF. */
  #pairs = 0;
  /** How much of the line end before the text has been read. */
  #opening: "nothing" | "return" | "all" = "nothing";
  /** Where the line end begins behind which the text may be over. */
  #end: number | undefined;
  #isOver = false;

  /**
   * @param header the line that the text follows
   * @param echo of the command in flight, while it has not come: no empty line stands before it
   */
  constructor(header: string, announced: Announced, echo: () => string | undefined) {
    this.#header = header;
    this.#announced = announced;
    this.#echo = echo;
  }

  get buffered(): number {
    return this.#bytes.length;
  }

  get done(): boolean {
    return this.#isOver;
  }

  result(): { line: Line; behind: Buffer } {
    const bytes = this.#bytes.view();
    const end = this.#end ?? bytes.length;
    const body = bytes.toString("latin1", 0, end);
    return { line: { text: this.#header, data: [], body }, behind: Buffer.from(bytes.subarray(end)) };
  }

  read(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length && !this.#isOver) at = this.#step(chunk, at);
    return at;
  }

  silence(): void {
    this.#isOver = true;
  }

  #step(chunk: Buffer, at: number): number {
    const byte = chunk[at];
    if (this.#opening !== "all") return this.#open(byte, at);
    if (byte === CR || byte === LF) this.#lineEnd(byte);
    else if (this.#end !== undefined) this.#goOn(byte);
    if (this.#isOver) return at;
    if (byte === LF && this.#last === CR) this.#pairs += 1;
    this.#bytes.append(chunk, at, at + 1);
    this.#septets += byte !== undefined && IN_TWO_SEPTETS.has(byte) ? 2 : 1;
    return at + 1;
  }

  #open(byte: number | undefined, at: number): number {
    if (byte === CR && this.#opening === "nothing") {
      this.#opening = "return";
      return at + 1;
    }
    this.#opening = "all";
    return byte === LF ? at + 1 : at;
  }

  #lineEnd(byte: number): void {
    const { length } = this.#announced;
    this.#isOver = this.#end !== undefined && this.#line === this.#echo();
    if (this.#isOver) return;
    if (this.#end !== undefined && this.#bytes.length <= this.#nextLine) {
      const isSecondHalf = byte === LF && this.#bytes.length === this.#end + 1 && this.#last === CR;
      if (!isSecondHalf) this.#isOver = true;
      return;
    }
    const isLongEnough = length === undefined || this.#septets >= length;
    if (isLongEnough || this.#bytes.length >= MAX_BYTES) this.#end = this.#bytes.length;
    // A modem may print CR LF for one character, so that more of the text may follow until all of them count as one.
    this.#isOver = this.#bytes.length - this.#pairs >= (length ?? MAX_BYTES);
  }

  get #last(): number | undefined {
    return this.#bytes.view().at(-1);
  }

  /** Where the line begins that follows the line end at `#end`. */
  get #nextLine(): number {
    const end = this.#end ?? 0;
    const view = this.#bytes.view();
    return end + (view[end] === CR && view[end + 1] === LF ? 2 : 1);
  }

  /** Behind the line end at `#end`. */
  get #line(): string {
    return this.#bytes.view().toString("latin1", this.#nextLine);
  }

  /** Whether the line that begins here is another message's, or an echo; if not, the text goes on in it. */
  #goOn(byte: number | undefined): void {
    const { prefix } = this.#announced;
    const line = this.#line + String.fromCharCode(byte ?? 0);
    if (line === prefix) this.#isOver = true;
    else if (!prefix.startsWith(line) && this.#echo()?.startsWith(line) !== true) this.#end = undefined;
  }
}
