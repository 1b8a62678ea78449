import { InternetError } from "../internet";
import type { HttpAnswer } from "./types";

/** Bytes; no HTTP server sends a longer header. */
const LONGEST_HEAD = 256 * 1024;
const LINE_FEED = 0x0a;

type State = "cut" | "head" | "counted" | "until-close" | "chunk-size" | "chunk" | "chunk-end" | "trailer" | "complete";

/**
 * Reads one HTTP/1.x answer incrementally. Drops interim answers (1xx). Keeps bytes as slices and joins them once at
 * the end, so that the cost is linear.
 *
 * A body in chunks stays as it came, with the sizes and the trailer: neither guide has the modem take that coding off.
 * They are followed only to find the end. What is no chunk ends with the connection, and a server that hangs up between
 * two has ended the body: the modem does not judge it.
 */
export class AnswerReader {
  readonly #headOnly: boolean;
  /** Bytes that the server keeps: it hangs up so many before the end of the body. */
  #cut: number;
  #state: State = "head";
  /** The incomplete line. */
  #line: Buffer[] = [];
  #head: Buffer[] = [];
  #headLength = 0;
  #body: Buffer[] = [];
  #left = 0;
  #counted = false;
  #chunked = false;
  #hasBody = false;
  #statusCode = 0;
  #contentLength: number | undefined;

  constructor(headOnly: boolean, cut = 0) {
    this.#headOnly = headOnly;
    this.#cut = cut;
  }

  get complete(): boolean {
    return this.#state === "complete";
  }

  get headComplete(): boolean {
    return this.#state !== "head";
  }

  /** Takes the part of the body that arrived since the last call, for incremental reading. */
  takeBody(): Buffer {
    const whole = Buffer.concat(this.#body);
    const taken = whole.subarray(0, Math.max(0, whole.length - this.#heldBack));
    this.#body = taken.length === whole.length ? [] : [whole.subarray(taken.length)];
    return taken;
  }

  /** The server hung up before the end of the body, by a fault. */
  get hungUp(): boolean {
    return this.#state === "cut";
  }

  /** Takes bytes from the server. @throws {InternetError} `closed` if they are not HTTP */
  push(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0 && this.#state !== "complete") {
      rest = this.#takesBytes() ? this.#takeBytes(rest) : this.#takeLine(rest);
    }
    this.#checkCut();
  }

  /** The server has closed. @throws {InternetError} `closed` if the answer is incomplete */
  end(): void {
    if (this.#state === "until-close" || this.#chunked) this.#endBody();
    this.#checkCut();
    if (this.#state !== "complete") {
      throw new InternetError("closed", `the server closed the connection (${this.#state} was not complete)`);
    }
  }

  answer(): HttpAnswer {
    return {
      statusCode: this.#statusCode,
      head: Buffer.concat(this.#head),
      body: Buffer.concat(this.#body),
      contentLength: this.#contentLength,
    };
  }

  /** Bytes at the end of what has arrived that the server does not send after all. */
  get #heldBack(): number {
    return this.#counted ? Math.max(0, this.#cut - this.#left) : this.#cut;
  }

  /** By now there is no more of it. */
  #endBody(): void {
    this.#body.push(...this.#line);
    this.#line = [];
    this.#state = "complete";
  }

  #checkCut(): void {
    if (this.#chunked && this.complete) this.#cutChunks();
    const hungUp = this.complete || (this.#state === "counted" && this.#left <= this.#cut);
    if (this.#cut === 0 || !hungUp || !this.#hasBody) return;
    this.#state = "cut";
    throw new InternetError("closed", `the server closed the connection ${this.#cut} bytes before the end`);
  }

  #cutChunks(): void {
    const whole = Buffer.concat(this.#body);
    this.#body = [whole.subarray(0, Math.max(0, whole.length - this.#cut))];
    this.#cut = 0;
  }

  #takesBytes(): boolean {
    return this.#state === "counted" || this.#state === "until-close" || this.#state === "chunk";
  }

  #takeBytes(bytes: Buffer): Buffer {
    if (this.#state === "until-close") {
      this.#body.push(bytes);
      this.#hasBody = true;
      return Buffer.alloc(0);
    }
    const taken = bytes.subarray(0, this.#left);
    this.#body.push(taken);
    this.#hasBody = true;
    this.#left -= taken.length;
    if (this.#left === 0) this.#state = this.#state === "chunk" ? "chunk-end" : "complete";
    return bytes.subarray(taken.length);
  }

  #takeLine(bytes: Buffer): Buffer {
    const end = bytes.indexOf(LINE_FEED);
    const part = end < 0 ? bytes : bytes.subarray(0, end + 1);
    this.#line.push(part);
    if (this.#state === "head") this.#countHead(part.length);
    if (end < 0) return Buffer.alloc(0);
    const line = Buffer.concat(this.#line);
    this.#line = [];
    this.#onLine(line);
    return bytes.subarray(end + 1);
  }

  #countHead(length: number): void {
    this.#headLength += length;
    if (this.#headLength > LONGEST_HEAD) throw new InternetError("closed", "the answer's header does not end");
  }

  #onLine(line: Buffer): void {
    const text = line.toString("latin1").replace(/\r?\n$/, "");
    if (this.#state !== "head") this.#body.push(line);
    if (this.#state === "head") this.#onHeadLine(line, text);
    else if (this.#state === "chunk-size") this.#onChunkSize(text);
    else if (this.#state === "chunk-end") this.#state = "chunk-size";
    else if (text === "") this.#state = "complete";
  }

  #onHeadLine(line: Buffer, text: string): void {
    this.#head.push(line);
    if (this.#head.length === 1) this.#statusCode = statusCode(text);
    if (text === "") this.#onHeadComplete();
  }

  #onHeadComplete(): void {
    const interim = this.#statusCode >= 100 && this.#statusCode < 200 && this.#statusCode !== 101;
    if (interim) {
      this.#head = [];
      this.#headLength = 0;
      return;
    }
    const fields = headerFields(this.#head);
    this.#contentLength = contentLength(fields.get("content-length"));
    const bodiless = this.#headOnly || [101, 204, 304].includes(this.#statusCode);
    if (bodiless || (this.#contentLength === 0 && !isChunked(fields))) this.#state = "complete";
    else if (isChunked(fields)) {
      this.#state = "chunk-size";
      this.#chunked = true;
    } else if (this.#contentLength !== undefined) {
      this.#state = "counted";
      this.#counted = true;
      this.#left = this.#contentLength;
    } else this.#state = "until-close";
  }

  #onChunkSize(text: string): void {
    const digits = /^\s*([0-9a-fA-F]+)\s*(;.*)?$/.exec(text)?.[1];
    this.#left = Number.parseInt(digits ?? "", 16);
    if (digits === undefined) this.#state = "until-close";
    else this.#state = this.#left === 0 ? "trailer" : "chunk";
  }
}

function statusCode(line: string): number {
  const digits = /^HTTP\/\d+\.\d+\s+(\d{3})(\s|$)/.exec(line)?.[1];
  if (digits === undefined) throw new InternetError("closed", "the server does not speak HTTP");
  return Number(digits);
}

function headerFields(lines: readonly Buffer[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const text = line.toString("latin1");
    const colon = text.indexOf(":");
    if (colon > 0) fields.set(text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim());
  }
  return fields;
}

function isChunked(fields: Map<string, string>): boolean {
  return /(^|,)\s*chunked\s*$/i.test(fields.get("transfer-encoding") ?? "");
}

/** An invalid length counts as none: the body then ends with the connection. */
function contentLength(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
