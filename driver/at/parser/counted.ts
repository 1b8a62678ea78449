import type { CountedRule, CountedString, Line } from "../line";
import { ByteSink } from "./byte-sink";

/** A count above this is no length but damage: no file system of such a modem holds more. */
export const MAX_COUNTED = 16 * 1024 * 1024;

const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const EMPTY = Buffer.alloc(0);

/** The counted rules by the prefix of their lines. */
export class CountedRules {
  /** Bytes of the longest prefix: a line that has no colon by then is a plain one. */
  readonly longestPrefix: number;
  readonly #byPrefix = new Map<string, CountedRule[]>();

  constructor(rules: readonly CountedRule[]) {
    this.longestPrefix = Math.max(0, ...rules.map((rule) => rule.prefix.length));
    for (const rule of rules) {
      const same = this.#byPrefix.get(rule.prefix);
      if (same === undefined) this.#byPrefix.set(rule.prefix, [rule]);
      else same.push(rule);
    }
  }

  of(prefix: string): readonly CountedRule[] | undefined {
    return this.#byPrefix.get(prefix);
  }
}

/**
 * Reads one line with counted strings, from its first byte up to its line end, in any pieces.
 *
 * A count that is no number, or absurd, leaves the string to end at the line end like any other.
 */
export class CountedLine {
  readonly #rules: readonly CountedRule[];
  readonly #maxText: number;
  #text = "";
  readonly #strings: CountedString[] = [];
  readonly #values: string[] = [];
  #fieldStart: number;
  #inQuotes = false;
  /** What may come next behind the bytes of a counted string. */
  #closing: "mark" | "field" | undefined;
  /** Bytes of the counted string that are still to come. */
  #missing = 0;
  readonly #payload = new ByteSink();
  #ended = false;

  constructor(rules: readonly CountedRule[], prefixLength: number, maxText: number) {
    this.#rules = rules;
    this.#maxText = maxText;
    this.#fieldStart = prefixLength;
  }

  /** Whether the line end has been reached; `line` is complete then. */
  get done(): boolean {
    return this.#ended;
  }

  /** Bytes held. */
  get buffered(): number {
    return this.#text.length + this.#payload.length;
  }

  /** Whether there are more bytes outside counted strings than a line may have; nothing is read then. */
  get tooLong(): boolean {
    return this.#text.length > this.#maxText;
  }

  get line(): Line {
    return { text: this.#text, data: this.#strings };
  }

  /** Takes bytes from `start` on and returns the position behind the last one taken; a line end is left in place. */
  read(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length && !this.#ended && !this.tooLong) {
      at = this.#missing > 0 ? this.#readPayload(chunk, at) : this.#readText(chunk, at);
    }
    return at;
  }

  #readPayload(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#missing);
    this.#missing -= end - at;
    if (this.#missing > 0 || this.#payload.length > 0) this.#payload.append(chunk, at, end);
    if (this.#missing === 0) this.#endString(this.#payload.length > 0 ? this.#payload.take() : chunk.subarray(at, end));
    return end;
  }

  #endString(bytes: Buffer): void {
    this.#strings.push({ field: this.#values.length, bytes });
    this.#text += '"';
    this.#closing = "mark";
  }

  /** The count alone says where the string ends; what stands behind it says whether the count was right. */
  #close(byte: number | undefined): boolean {
    const isMark = this.#closing === "mark" && byte === QUOTE;
    const ends = byte === COMMA || byte === CR || byte === LF || byte === BLANK;
    if (!isMark && !(this.#closing === "field" && ends)) this.#markDamaged();
    this.#closing = isMark ? "field" : undefined;
    return isMark;
  }

  #markDamaged(): void {
    const string = this.#strings.pop();
    if (string !== undefined) this.#strings.push({ ...string, damaged: true });
  }

  #readText(chunk: Buffer, start: number): number {
    let at = start;
    if (this.#closing !== undefined && this.#close(chunk[at])) return at + 1;
    const limit = Math.min(chunk.length, at + this.#maxText + 1 - this.#text.length);
    let runStart = at;
    for (; at < limit; at += 1) {
      const byte = chunk[at];
      if (byte === CR || byte === LF) {
        this.#ended = true;
        break;
      }
      if (byte === 0) {
        this.#text += chunk.toString("latin1", runStart, at);
        runStart = at + 1;
      } else if (byte === QUOTE || (byte === COMMA && !this.#inQuotes)) {
        this.#text += chunk.toString("latin1", runStart, at + 1);
        runStart = at + 1;
        if (byte === COMMA) this.#endField();
        else if (this.#openString()) return runStart;
      }
    }
    this.#text += chunk.toString("latin1", runStart, at);
    return at;
  }

  #endField(): void {
    this.#values.push(this.#text.slice(this.#fieldStart, -1).trim());
    this.#fieldStart = this.#text.length;
  }

  /** Called at a quotation mark; true when a counted string begins here. */
  #openString(): boolean {
    const opens = !this.#inQuotes && this.#text.slice(this.#fieldStart, -1).trim() === "";
    this.#inQuotes = !this.#inQuotes;
    const count = opens ? this.#count() : undefined;
    if (count === undefined) return false;
    this.#inQuotes = false;
    this.#missing = count;
    if (count === 0) this.#endString(EMPTY);
    return true;
  }

  /** Bytes of the string that begins at this field; undefined where it is not a counted one. */
  #count(): number | undefined {
    const field = this.#values.length;
    const rule =
      this.#rules.find(({ first }) => first !== undefined && String(first) === this.#values[0]) ??
      this.#rules.find(({ first }) => first === undefined);
    const string = rule?.strings.find((each) => each.field === field);
    const digits = string === undefined ? undefined : this.#values[string.length];
    if (digits === undefined || !/^\d{1,9}$/.test(digits)) return undefined;
    const count = Number(digits);
    return count <= (string?.most ?? MAX_COUNTED) ? count : undefined;
  }
}
