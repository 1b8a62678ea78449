import type { DataSink, PromptOptions } from "./command";
import { DataMode } from "./data-mode";
import type { Portion } from "./input-queue";
import { bytes, formatResult, RESULTS } from "./results";
import type { LineSettings } from "./settings";
import { ahead, type TerminalLine } from "./terminal-line";
import { Upload } from "./upload";

/** Bytes that are printed in one piece. */
const PIECE = 16 * 1024;
const NOTHING = Buffer.alloc(0);

/** An upload has its bytes already. */
const nobody: DataSink = () => undefined;

/** What a data phase needs of its terminal. */
export interface DataPhasePort {
  readonly settings: LineSettings;
  readonly line: Pick<TerminalLine, "lower" | "rate" | "resumeInput">;
  /** Returns when the last byte is through. */
  print(text: Buffer): number;
  /** A prompt is through at this time. */
  prompted(through: number): void;
  /** Input that waits can be looked at again. */
  work(): void;
}

/** What the host's bytes are while a command has the line: those that a prompt asked for, data, or nothing yet. */
export class DataPhase {
  readonly #port: DataPhasePort;
  #upload: Upload | undefined;
  #dataMode: DataMode | undefined;
  #left = false;
  #uploadLoss = 0;
  #echoesUpload = false;

  constructor(port: DataPhasePort) {
    this.#port = port;
  }

  /** The host left data mode before the command was through. */
  get escaped(): boolean {
    return this.#left;
  }

  /** Data were handed over and not yet taken. */
  get busy(): boolean {
    return this.#dataMode?.busy === true;
  }

  /** The command that has the line takes bytes now. */
  get hears(): boolean {
    return this.#dataMode === undefined ? this.#upload !== undefined : !this.#dataMode.busy;
  }

  /** A new command begins. */
  begin(): void {
    this.#left = false;
  }

  /** Takes what the command wants of a portion, and returns what comes after. */
  take({ bytes: data, arrival }: Portion): Buffer {
    this.#dataMode?.feed(data, arrival);
    if (this.#upload === undefined) return NOTHING;
    const lost = Math.min(this.#uploadLoss, data.length);
    this.#uploadLoss -= lost;
    const heard = data.subarray(lost);
    const rest = this.#upload.feed(heard);
    if (this.#echoesUpload) this.#port.print(heard.subarray(0, heard.length - rest.length));
    if (this.#upload.complete) this.#closeUpload();
    return rest;
  }

  openPrompt(prompt: string, length: number, timeout?: number, options?: PromptOptions): Promise<Buffer> {
    const dataMode = prompt === "CONNECT";
    const text = dataMode ? formatResult(RESULTS.connect, this.#port.settings) : bytes(`\r\n${prompt}`);
    this.#port.prompted(this.#port.print(text));
    const upload = new Upload(length, timeout, options);
    this.#upload = upload;
    this.#echoesUpload = options?.echo === true;
    if (dataMode) this.#enter(() => upload.end(3), nobody);
    void upload.done.then(
      () => this.#closeUpload(),
      () => undefined,
    );
    // Whoever asked must be waiting before bytes that were typed ahead can answer.
    queueMicrotask(() => this.#port.work());
    return upload.done;
  }

  openData(text: string, whenEscaped: () => void, received: DataSink): void {
    this.#port.print(formatResult({ words: text, digit: RESULTS.connect.digit }, this.#port.settings));
    this.#enter(whenEscaped, received);
    queueMicrotask(() => this.#port.work());
  }

  async send(data: Buffer): Promise<void> {
    const { line } = this.#port;
    for (let offset = 0; offset < data.length; offset += PIECE) {
      if (this.#left) return;
      this.#port.print(data.subarray(offset, offset + PIECE));
      await line.lower(ahead(line.rate));
    }
  }

  /** The command is through. */
  end(): void {
    this.#dataMode?.stop();
    this.#dataMode = undefined;
    this.#port.line.resumeInput();
  }

  /** The command will not be heard of any more. */
  abandon(reason: Error): void {
    this.#upload?.abandon(reason);
    this.#upload = undefined;
    this.end();
  }

  /** DTR drops: a prompt ends with what it has; data mode as &D says. */
  hangUp(): void {
    this.#upload?.end();
    const onDtr = this.#port.settings.numbers.get("&D") ?? 0;
    if (onDtr > 0) this.#dataMode?.leave();
  }

  /** The next prompt does not get its first `count` bytes and goes on waiting for as many. */
  loseUpload(count: number): void {
    this.#uploadLoss = count;
  }

  #closeUpload(): void {
    this.#upload = undefined;
    this.end();
  }

  #enter(whenEscaped: () => void, received: DataSink): void {
    this.#left = false;
    this.#dataMode = new DataMode(this.#port.settings, {
      escaped: () => {
        this.#left = true;
        whenEscaped();
      },
      received,
      taken: () => {
        this.#port.work();
        this.#port.line.resumeInput();
      },
    });
  }
}
