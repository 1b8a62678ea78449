import { StringDecoder } from "node:string_decoder";

/** Bytes: a peer that never sends the delimiter must not fill the gateway's memory. */
const PIECE_LIMIT = 1024 * 1024;

export interface FramingOptions {
  /** Empty: each chunk that arrives is a piece. */
  readonly delimiter: Buffer;
  /** Pieces become texts; a character that the transport cut is put together again. */
  readonly isText: boolean;
}

/** Cuts a stream into the payloads of messages. */
export class Framing {
  readonly #decoder: StringDecoder | undefined;
  readonly #delimiter: Buffer;
  /** Bytes after the last delimiter. Has spare room, so that small chunks don't cause a copy each time. */
  #buffer = Buffer.alloc(0);
  #length = 0;

  constructor({ delimiter, isText }: FramingOptions) {
    this.#delimiter = delimiter;
    this.#decoder = isText ? new StringDecoder("utf8") : undefined;
  }

  /** Complete pieces without their delimiters; a piece longer than 1 MB is passed on incomplete. */
  push(chunk: Buffer): (Buffer | string)[] {
    if (this.#delimiter.length === 0) return withContent([this.#decode(chunk, false)]);
    // A delimiter may have begun in an earlier chunk.
    let from = Math.max(0, this.#length - this.#delimiter.length + 1);
    this.#append(chunk);
    const pieces: (Buffer | string)[] = [];
    let start = 0;
    for (;;) {
      const end = this.#buffer.subarray(0, this.#length).indexOf(this.#delimiter, from);
      if (end < 0) break;
      pieces.push(this.#decode(this.#buffer.subarray(start, end), true));
      start = end + this.#delimiter.length;
      from = start;
    }
    this.#buffer.copyWithin(0, start, this.#length);
    this.#length -= start;
    return this.#length > PIECE_LIMIT ? [...pieces, ...withContent([this.#takeTooLong()])] : pieces;
  }

  /** The rest after the last delimiter, at the end of the stream. */
  end(): (Buffer | string)[] {
    return withContent([this.#take(this.#length, true)]);
  }

  /** All but the bytes that may be the beginning of a delimiter. */
  #takeTooLong(): Buffer | string {
    return this.#take(Math.max(0, this.#length - this.#delimiter.length + 1), false);
  }

  #take(count: number, isWhole: boolean): Buffer | string {
    const taken = this.#decode(this.#buffer.subarray(0, count), isWhole);
    this.#buffer = Buffer.from(this.#buffer.subarray(count, this.#length));
    this.#length = this.#buffer.length;
    return taken;
  }

  #decode(bytes: Buffer, isWhole: boolean): Buffer | string {
    if (this.#decoder === undefined) return Buffer.from(bytes);
    return isWhole ? this.#decoder.write(bytes) + this.#decoder.end() : this.#decoder.write(bytes);
  }

  #append(chunk: Buffer): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(needed, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    chunk.copy(this.#buffer, this.#length);
    this.#length = needed;
  }
}

function withContent(pieces: readonly (Buffer | string)[]): (Buffer | string)[] {
  return pieces.filter(({ length }) => length > 0);
}
