import type { Download } from "../command";
import { ByteSink } from "./byte-sink";
import type { TokenSink } from "./tokens";

const LF = 0x0a;
const CR = 0x0d;

/** Cuts the bytes behind `CONNECT`, or behind an information line, out of the stream. */
export class DownloadReader {
  readonly #opening: OpeningEnd = new OpeningEnd();
  readonly #received = new ByteSink();
  /** Bytes still to come; undefined until `length` tells. */
  #missing: number | undefined;

  readonly #length: Download["length"];

  /** @param opening the line that the data follow */
  constructor({ length, after }: Download, opening: string) {
    this.#length = length;
    if (length === "announced") this.#missing = announcedLength(opening, after);
    else if (typeof length === "number") this.#missing = length;
  }

  get buffered(): number {
    return this.#received.length;
  }

  /** Whether the end is still to be found by a function. */
  get open(): boolean {
    return this.#missing === undefined;
  }

  get done(): boolean {
    return this.#opening.over && this.#missing === 0;
  }

  /** Takes bytes from `start` on, the line end before them first; returns the position behind the last one taken. */
  read(chunk: Buffer, start: number, sink: TokenSink): number {
    let at = start;
    while (at < chunk.length && !this.#opening.over) at = this.#opening.read(chunk, at);
    if (at === chunk.length || this.done) return at;
    if (this.#missing !== undefined) return this.#pass(chunk, at, this.#missing, sink);
    this.#received.append(chunk, at, chunk.length);
    return chunk.length;
  }

  /**
   * Asks where the data end, after `silence` ms without a byte. Returns what had arrived behind their end; undefined
   * while the end isn't known.
   */
  measure(silence: number, sink: TokenSink): Buffer | undefined {
    if (typeof this.#length !== "function" || this.#missing !== undefined) return undefined;
    const total = this.#length(this.#received.view(), silence);
    if (total === undefined) return undefined;
    const have = this.#received.take();
    const end = Math.min(total, have.length);
    if (end > 0) sink({ type: "data", bytes: have.subarray(0, end) });
    this.#missing = Math.max(0, total - end);
    return have.subarray(end);
  }

  #pass(chunk: Buffer, at: number, missing: number, sink: TokenSink): number {
    const end = Math.min(chunk.length, at + missing);
    this.#missing = missing - (end - at);
    if (end > at) sink({ type: "data", bytes: chunk.subarray(at, end) });
    return end;
  }
}

/** `CONNECT <n>` and `+NAME: <n>,…` count as a number, what has none as 0. */
function announcedLength(line: string, after: string | undefined): number {
  const digits =
    after === undefined ? /^CONNECT (\d{1,9})$/.exec(line) : /^ ?(\d{1,9})(?:,|$)/.exec(line.slice(after.length));
  return Number(digits?.[1] ?? 0);
}

/** The end of the line before the data: CR LF, or one of them alone. The data may begin with CR LF themselves. */
class OpeningEnd {
  over = false;
  #returned = false;

  read(chunk: Buffer, at: number): number {
    const byte = chunk[at];
    if (byte === CR && !this.#returned) {
      this.#returned = true;
      return at + 1;
    }
    this.over = true;
    return byte === LF ? at + 1 : at;
  }
}
