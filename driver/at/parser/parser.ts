import type { CountedRule, Line, UrcDefinition } from "../line";
import { ByteSink } from "./byte-sink";
import type { Continuation } from "./continuation";
import { CountedLine, CountedRules } from "./counted";
import { DownloadReader } from "./download";
import { type InFlight, LineClassifier } from "./line-classifier";
import { LineScan } from "./line-scan";
import { announcedText, isWholeHeader, MessageText } from "./message-text";
import { endsInQuotes, OpenField } from "./open-field";
import type { TokenSink } from "./tokens";

/** Bytes that a line outside counted strings may have; a longer one is noise. */
export const MAX_LINE = 64 * 1024;
/** Silence within a line that goes on, after which nothing more of it comes: a modem prints it in one go. */
const LONGEST_BREAK_MS = 400;
/** Line ends behind a download that are counted. */
const MOST_LINE_ENDS = 32;
/** Characters of a discarded line that its noise token keeps. */
const NOISE_EXCERPT = 80;

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;
const PLUS = 0x2b;
const COLON = 0x3a;
const GREATER = 0x3e;
const AT_SIGN = 0x40;

const NO_DATA: Line["data"] = [];
const NOTHING = Buffer.alloc(0);

/**
 * Bytes in, tokens out: no timers, no input or output of its own.
 *
 * The same bytes give the same tokens however they are cut. CR and LF both end a line, and empty lines mean nothing, so
 * that every form of echo and every order of line ends reads the same. NULs outside of payloads, which modems send
 * when they boot and wake, are dropped. A final result ends the command in flight.
 */
export class Parser {
  #rules = new CountedRules([]);
  readonly #classifier = new LineClassifier();
  readonly #scan = new LineScan();
  /** The beginning of a line whose end hasn't come. */
  readonly #pending = new ByteSink();
  /** Whether the line's prefix is known to be of no counted rule. */
  #isPlain = false;
  /** Whether the rest of a line that grew too long is passed over. */
  #skipping = false;
  #afterPrompt = false;
  #counted: CountedLine | undefined;
  #download: DownloadReader | undefined;
  /** What goes on behind the end of its line. */
  #continuation: Continuation | undefined;
  /** Bytes that were read too far, and are read once more before what follows them. */
  #again: Buffer | undefined;
  /** Of the line ends behind the data of a download, those that have come: a final result begins with one (V.250 5.7.1). */
  #behind: string | undefined;
  #tellsBehind = false;

  /** Bytes held. */
  get buffered(): number {
    const readers = [this.#counted, this.#download, this.#continuation];
    return readers.reduce((sum, reader) => sum + (reader?.buffered ?? 0), this.#pending.length);
  }

  /** Replaces the counted strings and URCs it knows. */
  useGrammar(counted: readonly CountedRule[], urcs: readonly UrcDefinition[]): void {
    this.#rules = new CountedRules(counted);
    this.#classifier.useUrcs(urcs);
  }

  /** Says which command is in flight from here on. */
  begin(command: InFlight): void {
    this.#classifier.begin(command);
  }

  /** `AT` was sent while the command is in flight. */
  expectTrial(): void {
    this.#classifier.expectTrial();
  }

  /** Gives the command in flight up, with whatever it was in the middle of, and goes on with lines. */
  abandon(sink: TokenSink): void {
    // The line of an open field may be that of a message.
    for (let count = 0; count < 2; count += 1) this.#endContinuation(sink);
    const rest = this.#counted?.line.text ?? (this.#download ? "" : this.#pending.view().toString("latin1"));
    if (rest !== "") sink({ type: "noise", text: rest.slice(0, NOISE_EXCERPT) });
    this.#counted = undefined;
    this.#download = undefined;
    this.#behind = undefined;
    this.#startLine();
    this.#classifier.end(sink);
  }

  /** Takes bytes as they arrive and gives each token to `sink` as soon as it is certain. */
  push(chunk: Buffer, sink: TokenSink): void {
    const inputs = [chunk];
    for (;;) {
      if (this.#again !== undefined) inputs.unshift(this.#again);
      this.#again = undefined;
      const input = inputs.shift();
      if (input === undefined) return;
      this.#scan.reset(input);
      let at = 0;
      while (at < input.length && this.#again === undefined) at = this.#step(input, at, sink);
      if (at < input.length) inputs.unshift(input.subarray(at));
    }
  }

  /** Whether the end of a download, or of a line, depends on how long the line is silent: `silence` is to be called. */
  get awaitsSilence(): boolean {
    return this.#continuation !== undefined || (this.#download?.open ?? false);
  }

  /** Tells that nothing has arrived for so many ms. */
  silence(ms: number, sink: TokenSink): void {
    if (ms >= LONGEST_BREAK_MS) this.#endContinuation(sink);
    if (this.#download !== undefined) this.#measure(this.#download, ms, sink);
    this.push(NOTHING, sink);
  }

  #step(chunk: Buffer, at: number, sink: TokenSink): number {
    if (this.#download !== undefined) return this.#readDownload(this.#download, chunk, at, sink);
    if (this.#counted !== undefined) return this.#readCounted(this.#counted, chunk, at, sink);
    if (this.#continuation !== undefined) return this.#readContinuation(this.#continuation, chunk, at, sink);
    if (this.#behind !== undefined) return this.#readBehind(this.#behind, chunk[at], at, sink);
    if (this.#skipping) return this.#skipLine(at, chunk.length);
    if (this.#pending.length === 0) {
      const start = this.#skipBlank(chunk, at);
      if (start === chunk.length) return start;
      return this.#takePrompt(chunk[start], sink) ? start + 1 : this.#readLine(chunk, start, sink);
    }
    return this.#readLine(chunk, at, sink);
  }

  #skipBlank(chunk: Buffer, start: number): number {
    for (let at = start; at < chunk.length; at += 1) {
      const byte = chunk[at];
      const afterPrompt = this.#afterPrompt && byte === BLANK;
      if (byte !== CR && byte !== LF && byte !== NUL && !afterPrompt) return at;
    }
    return chunk.length;
  }

  #takePrompt(byte: number | undefined, sink: TokenSink): boolean {
    this.#afterPrompt = false;
    if (byte !== GREATER && byte !== AT_SIGN) return false;
    this.#afterPrompt = this.#classifier.takePrompt(byte === GREATER ? ">" : "@", sink);
    return this.#afterPrompt;
  }

  #readLine(chunk: Buffer, at: number, sink: TokenSink): number {
    const end = this.#scan.lineEnd(at);
    if (!this.#isPlain) {
      const next = this.#readPrefix(chunk, at, end);
      if (next !== undefined) return next;
    }
    const nul = this.#scan.nulFrom(at);
    const stop = Math.min(end, nul);
    if (this.#pending.length + stop - at > MAX_LINE) return this.#overflow(chunk, at, stop, sink);
    if (this.#pending.length === 0 && stop === end && end < chunk.length) {
      this.#endLine(chunk.toString("latin1", at, end), NO_DATA, sink);
      return end;
    }
    this.#pending.append(chunk, at, stop);
    if (stop === chunk.length) return stop;
    if (stop === nul) return stop + 1;
    this.#endLine(this.#pending.view().toString("latin1"), NO_DATA, sink);
    return stop;
  }

  /**
   * Looks for the prefix of a counted line, whose payload must not be searched for line ends.
   *
   * Returns where to go on; undefined when the line is a plain one.
   */
  #readPrefix(chunk: Buffer, start: number, end: number): number | undefined {
    const first = this.#pending.length > 0 ? this.#pending.view()[0] : chunk[start];
    const limit = Math.min(end, start + this.#rules.longestPrefix - this.#pending.length);
    if (first === PLUS) {
      for (let at = start; at < limit; at += 1) {
        const byte = chunk[at];
        if (byte === NUL || byte === COLON) {
          this.#pending.append(chunk, start, byte === COLON ? at + 1 : at);
          return this.#tryCounted(byte === COLON, at + 1);
        }
      }
      if (limit === chunk.length) {
        this.#pending.append(chunk, start, limit);
        return limit;
      }
    }
    this.#isPlain = true;
    return undefined;
  }

  #tryCounted(isPrefix: boolean, next: number): number {
    if (!isPrefix) return next;
    const prefix = this.#pending.view();
    const rules = this.#rules.of(prefix.toString("latin1"));
    if (rules === undefined) {
      this.#isPlain = true;
      return next;
    }
    this.#counted = new CountedLine(rules, prefix.length, MAX_LINE);
    this.#counted.read(prefix, 0);
    this.#pending.clear();
    return next;
  }

  #readCounted(counted: CountedLine, chunk: Buffer, at: number, sink: TokenSink): number {
    const next = counted.read(chunk, at);
    if (counted.tooLong) this.#discard(counted.line.text, sink);
    else if (counted.done) this.#endLine(counted.line.text, counted.line.data, sink);
    return next;
  }

  #readDownload(download: DownloadReader, chunk: Buffer, at: number, sink: TokenSink): number {
    const next = download.read(chunk, at, sink);
    if (download.done) this.#endDownload();
    else if (next === chunk.length) this.#measure(download, 0, sink);
    return next;
  }

  #measure(download: DownloadReader, silence: number, sink: TokenSink): void {
    const behind = download.measure(silence, sink);
    if (download.done) this.#endDownload();
    if (behind !== undefined) this.#again = behind;
  }

  #endDownload(): void {
    this.#download = undefined;
    this.#behind = "";
  }

  #readBehind(behind: string, byte: number | undefined, at: number, sink: TokenSink): number {
    if ((byte === CR || byte === LF) && behind.length < MOST_LINE_ENDS) {
      this.#behind = behind + (byte === CR ? "\r" : "\n");
      return at + 1;
    }
    this.#behind = undefined;
    if (!behind.startsWith("\r\n")) sink({ type: "damage" });
    if (this.#tellsBehind) sink({ type: "behind", lineEnds: behind });
    return at;
  }

  #endLine(text: string, data: Line["data"], sink: TokenSink): void {
    const isCounted = this.#counted !== undefined;
    this.#startLine();
    const isOpen = !isCounted && endsInQuotes(text) && !isWholeHeader(text);
    if (isOpen && this.#classifier.knows(text)) this.#continuation = new OpenField(text);
    else this.#deliver({ text, data }, sink);
  }

  #readContinuation(continuation: Continuation, chunk: Buffer, at: number, sink: TokenSink): number {
    const next = continuation.read(chunk, at);
    if (continuation.done) this.#continued(continuation, sink);
    return next;
  }

  #endContinuation(sink: TokenSink): void {
    this.#continuation?.silence();
    if (this.#continuation !== undefined) this.#continued(this.#continuation, sink);
  }

  #continued(continuation: Continuation, sink: TokenSink): void {
    this.#continuation = undefined;
    const { line, behind } = continuation.result();
    if (behind.length > 0) this.#again = behind;
    this.#deliver(line, sink);
  }

  #deliver(line: Line, sink: TokenSink): void {
    const announced = line.body === undefined ? announcedText(line.text) : undefined;
    if (announced !== undefined) {
      this.#continuation = new MessageText(line.text, announced, () => this.#classifier.awaitedEcho);
      return;
    }
    const download = this.#classifier.line(line, sink);
    if (download === undefined) return;
    this.#download = new DownloadReader(download, line.text);
    this.#tellsBehind = download.tellsBehind === true;
  }

  #startLine(): void {
    this.#pending.clear();
    this.#counted = undefined;
    this.#isPlain = false;
    this.#skipping = false;
  }

  #overflow(chunk: Buffer, at: number, stop: number, sink: TokenSink): number {
    this.#pending.append(chunk, at, Math.min(stop, at + NOISE_EXCERPT));
    this.#discard(this.#pending.view().toString("latin1", 0, NOISE_EXCERPT), sink);
    return stop;
  }

  #discard(text: string, sink: TokenSink): void {
    this.#startLine();
    this.#skipping = true;
    sink({ type: "noise", text: text.slice(0, NOISE_EXCERPT) });
  }

  #skipLine(at: number, length: number): number {
    const end = this.#scan.lineEnd(at);
    this.#skipping = end === length;
    return end;
  }
}
