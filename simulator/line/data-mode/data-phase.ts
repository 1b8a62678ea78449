import type { DataSink, PromptOptions } from "../command";
import type { Portion } from "../input-queue";
import { bufferedBytes, type InterpreterLine } from "../interpreter-line";
import { bytes, formatResult, RESULTS } from "../results";
import type { LineSettings } from "../settings";
import { DataMode } from "./data-mode";
import { Upload } from "./upload";

/** Bytes that are printed in one piece. */
const PIECE = 16 * 1024;
const NOTHING = Buffer.alloc(0);

/** For uploads, whose bytes are taken elsewhere. */
const discard: DataSink = () => undefined;

/** What a data phase needs from its interpreter. */
export interface DataPhasePort {
  readonly settings: LineSettings;
  readonly line: Pick<InterpreterLine, "lower" | "rate" | "resumeInput">;
  /** Returns the time at which the last byte has been sent. */
  print(text: Buffer): number;
  /** A prompt or `CONNECT` has been sent completely at this time. */
  opened(through: number): void;
  /** It was a prompt, or the `CONNECT` of an upload. */
  prompted(through: number): void;
  /** Waiting input can be processed again. */
  work(): void;
}

/** Interprets the host's bytes while a command has the line: input for a prompt, data, or nothing yet. */
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

  /** The host left data mode before the command ended. */
  get escaped(): boolean {
    return this.#left;
  }

  /** Data passed on have not been taken yet. */
  get busy(): boolean {
    return this.#dataMode?.busy === true;
  }

  /** The command that has the line takes bytes now. */
  get hears(): boolean {
    return this.#dataMode === undefined ? this.#upload !== undefined : !this.#dataMode.busy;
  }

  /** Bytes that the command still waits for. */
  get wanted(): number {
    return this.#upload?.missing ?? Number.POSITIVE_INFINITY;
  }

  /** A new command begins. */
  begin(): void {
    this.#left = false;
  }

  /** Takes the command's part of a portion and returns the rest. */
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
    const through = this.#port.print(text);
    const upload = new Upload(length, timeout, options);
    this.#upload = upload;
    this.#port.prompted(through);
    this.#port.opened(through);
    this.#echoesUpload = options?.echo === true;
    if (dataMode) this.#enter(() => upload.end(3), discard);
    void upload.done.then(
      () => this.#closeUpload(),
      () => undefined,
    );
    // The caller must be waiting before bytes typed bufferedBytes can answer.
    queueMicrotask(() => this.#port.work());
    return upload.done;
  }

  openData(text: string, whenEscaped: () => void, received: DataSink): void {
    const through = this.#port.print(formatResult({ words: text, digit: RESULTS.connect.digit }, this.#port.settings));
    this.#enter(whenEscaped, received);
    this.#port.opened(through);
    queueMicrotask(() => this.#port.work());
  }

  async send(data: Buffer): Promise<void> {
    const { line } = this.#port;
    for (let offset = 0; offset < data.length; offset += PIECE) {
      if (this.#left) return;
      this.#port.print(data.subarray(offset, offset + PIECE));
      await line.lower(bufferedBytes(line.rate));
    }
  }

  /** The command has ended. */
  end(): void {
    this.#dataMode?.stop();
    this.#dataMode = undefined;
    this.#port.line.resumeInput();
  }

  /** The command was abandoned. */
  abandon(reason: Error): void {
    this.#upload?.abandon(reason);
    this.#upload = undefined;
    this.end();
  }

  /** DTR drops: a prompt ends with the bytes it has, or is cancelled where a text is typed; data mode follows &D. */
  hangUp(): void {
    this.#upload?.hangUp();
    this.#upload = undefined;
    const onDtr = this.#port.settings.numbers.get("&D") ?? 0;
    if (onDtr > 0) this.#dataMode?.leave();
  }

  /** The next prompt loses its first `count` bytes and waits for as many more. */
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
