import type { Transport } from "../../../driver/transport/transport";

/** What a scripted command may do. Everything it prints arrives later, as bytes from a real line do. */
export interface Print {
  /** One line, with its line ends. */
  line(text: string): void;
  raw(bytes: Uint8Array | string): void;
  /** Prints `CONNECT` and takes so many bytes. */
  take(bytes: number): Promise<Buffer>;
  /** Prints `> `, which has no line end, and takes so many bytes. */
  prompt(bytes: number): Promise<Buffer>;
  /** Prints `CONNECT` and takes bytes until `+++` comes by itself, or `endData` is called. */
  enter(data: DataMode): void;
}

/** Raw bytes both ways. */
export interface DataMode {
  readonly take: (data: Buffer) => void;
  /** `+++` was written; prints what answers it. */
  readonly escape: (print: Print) => void;
}

export type Script = (match: RegExpExecArray, print: Print) => void | Promise<void>;

export interface PeerOptions {
  readonly bytesPerSecond?: number;
  readonly echo?: boolean;
  /** Bytes of each arrival, or a function that gives them anew for each print; 0 gives everything whole. */
  readonly pieces?: number | (() => number);
  /** A line to print before every line. */
  readonly between?: string;
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
  #taking: { bytes: number; done: (data: Buffer) => void } | undefined;
  #dataMode: DataMode | undefined;
  #onData: (bytes: Buffer) => void = () => undefined;

  constructor(options: PeerOptions = {}) {
    this.#options = options;
    this.bytesPerSecond = options.bytesPerSecond;
  }

  on(pattern: RegExp, script: Script | readonly string[]): this {
    const lines: Script = (_match, print) => {
      for (const line of script as readonly string[]) print.line(line);
    };
    this.#rules.unshift({ pattern, script: typeof script === "function" ? script : lines });
    return this;
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  onData(listener: (bytes: Buffer) => void): void {
    this.#onData = listener;
  }

  onLost(): void {}

  pause(): void {}

  resume(): void {}

  get isInDataMode(): boolean {
    return this.#dataMode !== undefined;
  }

  /** Leaves data mode as a modem does by itself. */
  endData(): void {
    this.#dataMode = undefined;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#dataMode !== undefined) {
      this.#takeRaw(Buffer.from(bytes), this.#dataMode);
      return;
    }
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#takeData() || this.#takeLine());
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

  #takeRaw(bytes: Buffer, dataMode: DataMode): void {
    if (bytes.toString("latin1") !== "+++") {
      dataMode.take(bytes);
      return;
    }
    this.#dataMode = undefined;
    dataMode.escape(this.#printer());
  }

  #takeData(): boolean {
    const taking = this.#taking;
    if (taking === undefined || this.#received.length < taking.bytes) return false;
    const data = this.#received.subarray(0, taking.bytes);
    this.#received = this.#received.subarray(taking.bytes);
    this.#taking = undefined;
    this.uploads.push(data);
    taking.done(data);
    return true;
  }

  #takeLine(): boolean {
    const end = this.#received.indexOf(0x0d);
    if (this.#taking !== undefined || end < 0) return false;
    // An escape sequence that found no data mode is part of no command.
    const line = this.#received.toString("latin1", 0, end).replace(/^\+\+\+/, "");
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
      void script(match, this.#printer());
      return;
    }
    this.#printer().line("ERROR");
  }

  #printer(): Print {
    const { between } = this.#options;
    const line = (text: string): void => {
      if (between !== undefined) this.urc(between);
      this.urc(text);
    };
    const take = (bytes: number): Promise<Buffer> =>
      new Promise((done) => {
        this.#taking = { bytes, done };
        this.#takeData();
      });
    return {
      line,
      raw: (bytes) => this.raw(bytes),
      take: (bytes) => {
        line("CONNECT");
        return take(bytes);
      },
      enter: (data) => {
        line("CONNECT");
        this.#dataMode = data;
      },
      prompt: (bytes) => {
        if (between !== undefined) this.urc(between);
        this.raw("\r\n> ");
        return take(bytes);
      },
    };
  }
}
