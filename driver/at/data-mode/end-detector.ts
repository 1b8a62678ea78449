import type { DataModeGrammar } from "../dialect";
import type { UrcDefinition } from "../line";
import { ByteSink } from "../parser/byte-sink";
import { UrcTable } from "../parser/urc-table";

/** The most that is held; a modem that takes commands again prints less in one go. */
const MAX_HELD_BYTES = 64 * 1024;
const ECHO = "+++";
const LINE_END = "\r\n";
const NOTHING = Buffer.alloc(0);

/** What was held, cut where data mode ended. */
export interface Cut {
  readonly data: Buffer;
  /** Lines that the modem printed behind its end, and the beginning of one. */
  readonly behind: Buffer;
  /** The line that ended it; undefined when none was seen. */
  readonly end: string | undefined;
}

/**
 * Finds in the bytes of data mode what may be its end.
 *
 * The text alone does not tell: a payload may hold the same. So bytes from a possible end on are held; they are data
 * once something follows that the modem would not print there. Only who knows about silence, and whether `+++` is
 * answered, can take them for the end. Of several possible ends it is the last: the modem prints one, and behind it
 * only lines, of which one may tell of a reboot.
 */
export class DataModeEndDetector {
  readonly #urcs: UrcTable;
  readonly #prefixes: readonly string[];
  readonly #grammar: DataModeGrammar;
  /** Lines, with their line ends, that the modem prints when it leaves by itself, and when it has booted. */
  readonly #exits: readonly string[];
  readonly #boots: readonly string[];
  /** What a possible end begins with. */
  #starts: readonly string[];
  readonly #held = new ByteSink();
  /** Bytes of data mode before those that are held. */
  #base = 0;
  /** Bytes at the beginning of what is held that were passed on as data when nothing followed them. */
  #passed = 0;
  /** Whether a whole line of a possible end is held. */
  #complete = false;
  /** What came right behind it may be the echo of data that were on their way to the modem. */
  #tolerant = false;
  /** Whether `+++` was sent, and where among the held bytes that was. */
  #escapedAt: number | undefined;
  #fresh = false;

  constructor(grammar: DataModeGrammar, urcs: readonly UrcDefinition[]) {
    this.#grammar = grammar;
    this.#urcs = new UrcTable(urcs);
    this.#prefixes = ["OK", ...grammar.ends, ...urcs.map(({ prefix }) => prefix)];
    this.#exits = grammar.ends.map(asLine);
    this.#boots = urcs.filter(({ boot }) => boot === true).map(({ prefix }) => asLine(prefix));
    this.#starts = [...this.#exits, ...this.#boots];
  }

  /** Whether what is held may be the end, as a whole; a beginning of it is only `pending`. */
  get possible(): boolean {
    return this.#complete;
  }

  /** Where, among all bytes of data mode, the last line begins that may be the end; -1 for none. */
  get lastAt(): number {
    if (!this.#complete) return -1;
    const ends = [...this.#exits, ...this.#boots];
    return this.#base + Math.max(0, lastOf(ends, this.#text()).at);
  }

  /** Bytes held of what may become a possible end: 0 to the length of its line. */
  get pending(): number {
    return this.#complete ? 0 : this.#held.length - this.#passed;
  }

  /**
   * Takes bytes and returns those that are data for certain.
   *
   * @param inFlight whether data may be on their way to the modem, which echoes them when it has left
   */
  push(chunk: Buffer, inFlight: boolean): Buffer[] {
    const data: Buffer[] = [];
    let bytes = chunk;
    if (this.#held.length > 0) {
      this.#held.append(chunk, 0, chunk.length);
      bytes = Buffer.from(this.#held.view());
    }
    if (!this.#complete) this.#tolerant = inFlight;
    const kept = this.#keep(bytes);
    const from = Math.min(this.#passed, kept);
    if (kept > from) data.push(bytes.subarray(from, kept));
    this.#passed -= from;
    if (this.#escapedAt !== undefined) this.#escapedAt = Math.max(0, this.#escapedAt - kept);
    this.#fresh &&= kept === 0;
    this.#base += kept;
    this.#held.clear();
    if (kept < bytes.length) this.#held.append(bytes, kept, bytes.length);
    else this.#passed = 0;
    return data;
  }

  /**
   * `+++` is being sent: its answer counts as an end, too, and so does its echo, when nothing comes before it. Returns
   * the beginning of an end that was held, which is data.
   */
  escape(): Buffer {
    const data = this.#complete ? NOTHING : this.pass();
    if (!this.#complete) this.#clear();
    this.#escapedAt = this.#held.length;
    this.#fresh = !this.#complete;
    this.#starts = [...this.#exits, ...this.#boots, ...this.#grammar.answer.slice(0, 1).map(asLine)];
    return data;
  }

  /** Nothing has followed a beginning: it is data. If the rest still comes, it is an end. */
  pass(): Buffer {
    const bytes = Buffer.from(this.#held.view().subarray(this.#passed));
    this.#passed = this.#held.length;
    return bytes;
  }

  /**
   * The answer to `+++`, when it has come.
   *
   * @param partly whether the first of its lines is enough
   */
  answered(partly: boolean): Cut | undefined {
    const text = this.#text();
    const { answer } = this.#grammar;
    const wanted = (partly ? answer.slice(0, 1) : answer).map(asLine).join("");
    const at = text.lastIndexOf(wanted);
    if (wanted === "" || at < (this.#escapedAt ?? Number.POSITIVE_INFINITY)) return undefined;
    const rest = text.slice(at + wanted.length);
    // Behind an answer, whose line end may be the other's first, there is no other end: then it was data, and the modem
    // left before it was asked to. It may boot at any time.
    if (this.#exits.some((end) => (LINE_END + rest).includes(end))) return undefined;
    if (this.#misfit(Buffer.from(rest, "latin1"), 0) >= 0) return undefined;
    return this.#cut(at, rest, answer[0]);
  }

  /** Whether `+++` was echoed, which a modem does that takes commands. */
  get echoed(): boolean {
    return this.#complete && this.#text().includes(ECHO, this.#escapedAt ?? 0);
  }

  /** Takes what is held for the end. */
  ended(): Cut {
    const text = this.#text();
    const exit = lastOf(this.#exits, text);
    if (exit.at >= 0) return this.#cut(exit.at, text.slice(exit.at + exit.end.length), exit.end.trim());
    const boot = lastOf(this.#boots, text);
    const isEchoed = this.#fresh && text.startsWith(ECHO);
    if (boot.at >= 0 && !isEchoed) return this.#cut(boot.at, text.slice(boot.at), boot.end.trim());
    if (this.#complete) return this.#cut(0, text, undefined);
    return { data: this.escape(), behind: NOTHING, end: undefined };
  }

  #cut(at: number, rest: string, end: string | undefined): Cut {
    const data = Buffer.from(this.#held.view().subarray(Math.min(this.#passed, at), at));
    this.#clear();
    return { data, behind: Buffer.from(this.#lines(rest), "latin1"), end };
  }

  #clear(): void {
    this.#base += this.#held.length;
    this.#held.clear();
    this.#passed = 0;
    this.#complete = false;
  }

  /** Unsolicited lines; what else the modem printed there was the echo of data, or of `+++`. */
  #lines(text: string): string {
    const lines = text.split(LINE_END);
    const fragment = lines.pop() ?? "";
    const known = lines.map((line) => line.replace(ECHO, "")).filter((line) => this.#urcs.find(line) !== undefined);
    const open = fragment !== "" && this.#mayBecome(fragment) ? LINE_END + fragment : "";
    return known.map(asLine).join("") + open;
  }

  /** Where the bytes begin that are held from now on. */
  #keep(bytes: Buffer): number {
    this.#complete = false;
    const search = new Search(bytes, this.#starts);
    for (let from = 0; ; ) {
      const echo = from === 0 && this.#fresh && isBeginning(bytes, ECHO);
      const at = echo ? 0 : search.next(from);
      if (at === bytes.length) return at;
      this.#complete = echo ? bytes.length >= ECHO.length : search.isWhole(at);
      const misfit = this.#tolerant && this.#complete ? -1 : this.#misfit(bytes, at);
      if (misfit < 0 && bytes.length - at <= MAX_HELD_BYTES) return at;
      this.#complete = false;
      from = Math.max(misfit, at + 1);
    }
  }

  /** Where the first line begins that the modem would not print; -1 when there is none. */
  #misfit(bytes: Buffer, start: number): number {
    for (let at = start; at < bytes.length; ) {
      const end = bytes.indexOf(LINE_END, at, "latin1");
      const line = bytes.toString("latin1", at, end < 0 ? bytes.length : end);
      const text = this.#escapedAt === undefined ? line : line.replace(ECHO, "");
      const fits = end < 0 ? this.#mayBecome(text) : text === "" || this.#isKnown(text);
      // The line end before a line that does not fit may belong to the next possible end.
      if (!fits) return Math.max(start + 1, at - LINE_END.length);
      if (end < 0) return -1;
      at = end + LINE_END.length;
    }
    return -1;
  }

  #isKnown(line: string): boolean {
    return line === "OK" || this.#grammar.ends.includes(line) || this.#urcs.find(line) !== undefined;
  }

  #mayBecome(text: string): boolean {
    const fragment = text.endsWith("\r") ? text.slice(0, -1) : text;
    if (this.#escapedAt !== undefined && ECHO.startsWith(fragment)) return true;
    return this.#prefixes.some((prefix) => prefix.startsWith(fragment) || fragment.startsWith(prefix));
  }

  #text(): string {
    return this.#held.view().toString("latin1");
  }
}

/** Looks for several texts in the same bytes, each byte once for each of them. */
class Search {
  readonly #bytes: Buffer;
  readonly #texts: readonly string[];
  readonly #found: number[];

  constructor(bytes: Buffer, texts: readonly string[]) {
    this.#bytes = bytes;
    this.#texts = texts;
    this.#found = texts.map(() => -1);
  }

  /** Where the first of the texts begins, or a part of one at the end of the bytes; the length for none. */
  next(from: number): number {
    let first = this.#partAtEnd(from);
    for (const [index, text] of this.#texts.entries()) {
      let at = this.#found[index] ?? -1;
      if (at < from) {
        const found = this.#bytes.indexOf(text, from, "latin1");
        at = found < 0 ? this.#bytes.length : found;
        this.#found[index] = at;
      }
      first = Math.min(first, at);
    }
    return first;
  }

  isWhole(at: number): boolean {
    return this.#found.includes(at);
  }

  #partAtEnd(from: number): number {
    const longest = Math.max(0, ...this.#texts.map(({ length }) => length));
    for (let at = Math.max(from, this.#bytes.length - longest + 1); at < this.#bytes.length; at += 1) {
      at = this.#bytes.indexOf(LINE_END.charCodeAt(0), at);
      if (at < 0) break;
      const rest = this.#bytes.toString("latin1", at);
      if (this.#texts.some((text) => text.startsWith(rest))) return at;
    }
    return this.#bytes.length;
  }
}

/** Whether one is the beginning of the other. */
function isBeginning(bytes: Buffer, text: string): boolean {
  const part = bytes.toString("latin1", 0, text.length);
  return part.length > 0 && text.startsWith(part);
}

/** Which of the lines comes last, and where; at -1 for none. */
function lastOf(lines: readonly string[], text: string): { readonly end: string; readonly at: number } {
  const found = lines.map((end) => ({ end, at: text.lastIndexOf(end) }));
  return found.reduce((best, each) => (each.at > best.at ? each : best), { end: "", at: -1 });
}

function asLine(text: string): string {
  return LINE_END + text + LINE_END;
}
