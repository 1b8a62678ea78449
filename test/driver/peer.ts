import type { Transport, TransportLoss } from "../../driver/transport/transport";

/** What a scripted command may do. Everything it prints arrives later, as bytes from a real line do. */
export interface Print {
  /** One line, with its line ends. */
  line(text: string): void;
  raw(bytes: Uint8Array | string): void;
  /** Prints `CONNECT` and takes so many bytes. */
  take(bytes: number): Promise<Buffer>;
  /** Prints a prompt, which has no line end, and takes so many bytes. */
  prompt(bytes: number, text?: string): Promise<Buffer>;
  /** The same up to this byte, which is taken, too. */
  promptUntil(end: number, text?: string): Promise<Buffer>;
  /** Prints `CONNECT` and takes bytes until `+++` comes by itself, or `endData` is called. */
  enter(data: DataMode): void;
}

/** Raw bytes both ways. */
export interface DataMode {
  readonly first?: Buffer;
  readonly take: (data: Buffer) => void;
  /** `+++` was written; gives the lines that answer it, or prints them. */
  readonly escape: (print: Print) => readonly string[] | undefined;
}

/** Asks for bytes before the lines that end the command. */
export interface Prompted {
  readonly prompt: string;
  readonly bytes: number;
  readonly finish: (data: Buffer) => readonly string[];
}

export type Answer = readonly string[] | Prompted | DataMode;
/** Gives the answer, or prints it; a script that does neither is silent. */
export type Script = (match: RegExpExecArray, print: Print) => Answer | undefined | void | Promise<void>;

export interface PeerOptions {
  readonly bytesPerSecond?: number;
  readonly echo?: boolean;
  /** Bytes of each arrival, or a function that gives them anew for each print; 0 gives everything whole. */
  readonly pieces?: number | (() => number);
  /** A line to print before every line. */
  readonly between?: string | (() => string);
}

/** A modem by script behind a byte stream: the last rule that fits a command line answers it; none is ERROR. */
export class Peer implements Transport {
  readonly name = "peer";
  readonly bytesPerSecond: number | undefined;
  /** Every command line, in order. */
  readonly commands: string[] = [];
  /** Every upload, in order. */
  readonly uploads: Buffer[] = [];
  readonly #options: PeerOptions;
  readonly #rules: { pattern: RegExp; script: Script }[] = [];
  #received = Buffer.alloc(0);
  #taking: { length: (received: Buffer) => number; done: (data: Buffer) => void } | undefined;
  #dataMode: DataMode | undefined;
  #onData: (bytes: Buffer) => void = () => undefined;
  #onLost: (loss: TransportLoss) => void = () => undefined;

  constructor(options: PeerOptions = {}) {
    this.#options = options;
    this.bytesPerSecond = options.bytesPerSecond;
  }

  /** Later rules go first. */
  on(pattern: RegExp, script: Script | Answer): this {
    this.#rules.unshift({ pattern, script: typeof script === "function" ? script : () => script });
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

  get isInDataMode(): boolean {
    return this.#dataMode !== undefined;
  }

  /** Leaves data mode as a modem does by itself, with these lines. */
  endData(lines: readonly string[] = []): void {
    this.#dataMode = undefined;
    for (const line of lines) this.#printer.line(line);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#takeUpload() || this.#takeData() || this.#takeLine());
  }

  /** Prints a line now, unasked. */
  urc(text: string): void {
    this.raw(`\r\n${text}\r\n`);
  }

  raw(content: Uint8Array | string): void {
    const bytes = typeof content === "string" ? Buffer.from(content, "latin1") : Buffer.from(content);
    const { pieces = 0 } = this.#options;
    const size = (typeof pieces === "function" ? pieces() : pieces) || bytes.length || 1;
    for (let start = 0; start < bytes.length; start += size) {
      const piece = bytes.subarray(start, start + size);
      setImmediate(() => this.#onData(piece));
    }
  }

  #takeUpload(): boolean {
    const taking = this.#taking;
    const length = taking?.length(this.#received) ?? -1;
    if (taking === undefined || length < 0 || this.#received.length < length) return false;
    const data = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    this.#taking = undefined;
    this.uploads.push(data);
    taking.done(data);
    return true;
  }

  #takeData(): boolean {
    const mode = this.#dataMode;
    if (mode === undefined || this.#received.length === 0) return false;
    const bytes = this.#received;
    this.#received = Buffer.alloc(0);
    if (bytes.toString("latin1") === "+++") {
      this.#dataMode = undefined;
      this.endData(mode.escape(this.#printer) ?? []);
    } else mode.take(bytes);
    return true;
  }

  #takeLine(): boolean {
    const end = this.#received.indexOf(0x0d);
    if (this.#taking !== undefined || this.#dataMode !== undefined || end < 0) return false;
    // V.250 5.2.1: what comes before AT is no command, such as an escape sequence that found no data mode.
    const line = this.#received.toString("latin1", 0, end).replace(/^\++(?=AT)/, "");
    this.#received = this.#received.subarray(end + 1);
    this.commands.push(line);
    if (this.#options.echo ?? true) this.raw(`${line}\r`);
    this.#obey(line);
    return true;
  }

  #obey(line: string): void {
    for (const { pattern, script } of this.#rules) {
      const match = pattern.exec(line);
      if (match === null) continue;
      const answer = script(match, this.#printer);
      if (answer !== undefined && !(answer instanceof Promise)) this.#answer(answer as Answer);
      return;
    }
    this.#printer.line("ERROR");
  }

  #answer(answer: Answer): void {
    if ("take" in answer) this.#printer.enter(answer);
    else if ("prompt" in answer) void this.#finish(answer);
    else for (const line of answer) this.#printer.line(line);
  }

  async #finish({ bytes, prompt, finish }: Prompted): Promise<void> {
    for (const line of finish(await this.#printer.prompt(bytes, prompt))) this.#printer.line(line);
  }

  #between(): void {
    const { between } = this.#options;
    if (between !== undefined) this.urc(typeof between === "function" ? between() : between);
  }

  /** @param length how many of the received bytes are taken; -1 for not yet */
  #take(length: (received: Buffer) => number): Promise<Buffer> {
    return new Promise((done) => {
      this.#taking = { length, done };
      this.#takeUpload();
    });
  }

  readonly #printer: Print = {
    line: (text) => {
      this.#between();
      this.urc(text);
    },
    raw: (bytes) => this.raw(bytes),
    take: (bytes) => {
      this.#printer.line("CONNECT");
      return this.#take(() => bytes);
    },
    prompt: (bytes, text = "> ") => {
      this.#between();
      this.raw(`\r\n${text}`);
      return this.#take(() => bytes);
    },
    promptUntil: (end, text = "> ") => {
      this.#between();
      this.raw(`\r\n${text}`);
      return this.#take((received) => received.indexOf(end) + 1 || -1);
    },
    enter: (data) => {
      this.#printer.line("CONNECT");
      this.#dataMode = data;
      if (data.first !== undefined) this.raw(data.first);
    },
  };
}
