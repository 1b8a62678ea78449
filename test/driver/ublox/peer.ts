import { Buffer } from "node:buffer";
import type { Transport, TransportLoss } from "../../../driver/transport/transport";

/** What the peer does with a command line: prints lines, prompts for bytes first, or enters data mode. */
export type Answer =
  | readonly string[]
  | {
      readonly prompt: string;
      readonly bytes: number;
      readonly finish: (data: Buffer) => readonly string[];
    }
  | DataMode;

/** Raw bytes both ways from `CONNECT` on, until `+++` comes by itself or `endData` is called. */
interface DataMode {
  readonly first: Buffer;
  readonly take: (data: Buffer) => void;
  /** What is printed when `+++` ends it. */
  readonly left: () => readonly string[];
}

interface Rule {
  readonly pattern: RegExp;
  readonly respond: (match: RegExpExecArray) => Answer | undefined;
}

export interface PeerOptions {
  readonly echo?: boolean;
  /** Bytes of each arrival; 0 gives an answer whole. */
  readonly pieces?: number;
  /** A line to print before every line of every answer. */
  readonly between?: () => string;
  readonly bytesPerSecond?: number;
}

/** A modem by script behind a byte stream: echoes, answers by rules, prompts, counts, and prints URCs when told to. */
export class Peer implements Transport {
  readonly name = "peer";
  readonly bytesPerSecond: number | undefined;
  /** Every command line, in order. */
  readonly commands: string[] = [];
  /** Bytes of every upload, in order. */
  readonly uploads: Buffer[] = [];
  readonly #rules: Rule[] = [];
  readonly #echo: boolean;
  readonly #pieces: number;
  readonly #between: (() => string) | undefined;
  #received = Buffer.alloc(0);
  #upload: { bytes: number; finish: (data: Buffer) => readonly string[] } | undefined;
  #dataMode: DataMode | undefined;
  #onData: (bytes: Buffer) => void = () => undefined;
  #onLost: (loss: TransportLoss) => void = () => undefined;

  constructor(options: PeerOptions = {}) {
    this.#echo = options.echo ?? true;
    this.#pieces = options.pieces ?? 0;
    this.#between = options.between;
    this.bytesPerSecond = options.bytesPerSecond;
  }

  /** Later rules go first; a rule that gives undefined stays silent. Without any rule the answer is ERROR. */
  on(pattern: RegExp, respond: Answer | ((match: RegExpExecArray) => Answer | undefined)): this {
    this.#rules.unshift({ pattern, respond: typeof respond === "function" ? respond : () => respond });
    return this;
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  pause(): void {}

  resume(): void {}

  onData(listener: (bytes: Buffer) => void): void {
    this.#onData = listener;
  }

  onLost(listener: (loss: TransportLoss) => void): void {
    this.#onLost = listener;
  }

  lose(reason: string): void {
    this.#onLost({ reason });
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#takeUpload() || this.#takeData() || this.#takeLine());
  }

  /** Prints bytes as they are. */
  data(bytes: Buffer): void {
    this.#print(bytes.toString("latin1"));
  }

  /** Leaves data mode by itself. */
  endData(lines: readonly string[]): void {
    this.#dataMode = undefined;
    this.#answer(lines);
  }

  /** Prints an unsolicited line. */
  urc(line: string): void {
    this.#print(`\r\n${line}\r\n`);
  }

  #takeUpload(): boolean {
    const upload = this.#upload;
    if (upload === undefined || this.#received.length < upload.bytes) return false;
    const data = this.#received.subarray(0, upload.bytes);
    this.#received = this.#received.subarray(upload.bytes);
    this.#upload = undefined;
    this.uploads.push(data);
    this.#answer(upload.finish(data));
    return true;
  }

  #takeData(): boolean {
    const mode = this.#dataMode;
    if (mode === undefined || this.#received.length === 0) return false;
    const bytes = this.#received;
    this.#received = Buffer.alloc(0);
    if (bytes.toString("latin1") === "+++") this.endData(mode.left());
    else mode.take(bytes);
    return true;
  }

  #takeLine(): boolean {
    const end = this.#received.indexOf(0x0d);
    if (this.#upload !== undefined || this.#dataMode !== undefined || end < 0) return false;
    const line = this.#received.toString("latin1", 0, end);
    this.#received = this.#received.subarray(end + 1);
    // V.250 5.2.1: what comes before AT is no command, such as an escape sequence in command mode.
    const command = line.replace(/^\++(?=AT)/, "");
    this.commands.push(command);
    if (this.#echo) this.#print(`${line}\r`);
    this.#obey(command);
    return true;
  }

  #obey(line: string): void {
    for (const { pattern, respond } of this.#rules) {
      const match = pattern.exec(line);
      if (match === null) continue;
      const answer = respond(match);
      if (answer !== undefined) this.#answer(answer);
      return;
    }
    this.#answer(["ERROR"]);
  }

  #answer(answer: Answer): void {
    if ("take" in answer) {
      this.#dataMode = answer;
      this.#print("\r\nCONNECT\r\n");
      this.data(answer.first);
      return;
    }
    if ("prompt" in answer) {
      this.#upload = answer;
      this.#print(`\r\n${answer.prompt}`);
      this.#takeUpload();
      return;
    }
    for (const line of answer) {
      if (this.#between !== undefined) this.urc(this.#between());
      this.#print(`\r\n${line}\r\n`);
    }
  }

  /** Arrives later, as bytes from a real line do. */
  #print(text: string): void {
    const bytes = Buffer.from(text, "latin1");
    const size = this.#pieces === 0 ? bytes.length : this.#pieces;
    for (let start = 0; start < bytes.length; start += size) {
      const piece = bytes.subarray(start, start + size);
      setImmediate(() => this.#onData(piece));
    }
  }
}
