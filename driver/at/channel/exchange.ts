import { ModemError } from "../../errors";
import { ExtendableTimeout, lineTime, MovableTimer, now } from "../clock";
import type { Command, Prompt, Upload } from "../command";
import type { Dialect } from "../dialect";
import { rejection } from "../errors";
import type { FinalResult } from "../final-results";
import type { Line } from "../line";
import { ByteSink } from "../parser/byte-sink";
import type { Token } from "../parser/tokens";
import { pieceSize } from "../pieces";
import { Mask } from "../trace/mask";
import type { ModemLine } from "./modem-line";
import type { Job } from "./queue";

/** What an exchange needs of the line. */
export type ExchangeLine = Pick<ModemLine, "bytesPerSecond" | "dialect" | "recent" | "trace" | "write">;

/** How an exchange that went wrong left the line. */
export interface Interrupted {
  /** When its command was written, by `now()`. */
  readonly startedAt: number;
  /** The prompt that the command asks for, or the data mode that its download opens. */
  readonly prompt?: Upload["prompt"];
  /** Whether the prompt has come. */
  readonly opened: boolean;
  /** Bytes announced in all, and those of them that weren't written. */
  readonly size: number;
  readonly missing: number;
}

export const UNDISTURBED: Interrupted = { startedAt: 0, opened: false, size: 0, missing: 0 };
/** Perhaps data mode is still open. */
export const IN_DATA_MODE: Interrupted = { ...UNDISTURBED, prompt: "CONNECT", opened: true };

const LINE_END = 2;

/** One command on the line, from its first byte to its final result. */
export class Exchange {
  readonly #line: ExchangeLine;
  readonly #dialect: Dialect;
  readonly #onInterrupted: () => void;
  readonly mask: Mask;
  readonly #lines: Line[] = [];
  readonly #received = new ByteSink();
  readonly #deadline: ExtendableTimeout;
  readonly #promptPause = new MovableTimer();
  #startedAt = 0;
  #promptSeen = false;
  #written = 0;
  #over = false;
  #damaged = false;

  /** @param onInterrupted called after the job was rejected because the time was over or the line can't be written */
  constructor(
    readonly job: Job,
    line: ExchangeLine,
    onInterrupted: () => void,
  ) {
    this.#line = line;
    this.#dialect = line.dialect;
    this.#onInterrupted = onInterrupted;
    this.mask = new Mask(job.command, line.recent);
    this.#deadline = new ExtendableTimeout(() => this.#expire());
  }

  get command(): Command {
    return this.job.command;
  }

  get interrupted(): Interrupted {
    const { upload, download } = this.command;
    const size = upload?.data.length ?? 0;
    const opensDataMode = download !== undefined && download.after === undefined;
    const prompt = upload?.prompt ?? (opensDataMode ? "CONNECT" : undefined);
    return {
      startedAt: this.#startedAt,
      prompt,
      opened: this.#promptSeen,
      size,
      missing: this.#promptSeen ? size - this.#written : 0,
    };
  }

  start(): void {
    const { line, label, timeout } = this.command;
    const bytes = Buffer.from(`${line}\r`, "latin1");
    this.#line.trace.sent(label);
    this.#startedAt = now();
    // Counted from now and again from the last byte, which a line whose flow is stopped may never let go.
    this.#deadline.start(timeout + lineTime(bytes.length, this.#line.bytesPerSecond));
    this.#line.write(bytes).then(
      () => this.#wroteLine(),
      (error: unknown) => this.#fail(error),
    );
  }

  /** Returns true when the token ended the exchange. */
  token(token: Token): boolean {
    if (token.type === "answer") this.#lines.push(token.line);
    else if (token.type === "data") this.#received.append(token.bytes, 0, token.bytes.length);
    else if (token.type === "damage") this.#damaged = true;
    else if (token.type === "prompt") this.#prompted(token.prompt);
    else if (token.type === "final") this.#finish(token.result);
    return token.type === "final";
  }

  /** Data mode is open: the command has done its part. */
  connected(): void {
    this.#stop();
    this.job.resolve({ lines: this.#lines });
  }

  /** A URC came in between: its own time is not the command's. */
  interrupt(line: Line): void {
    const bytes = line.data.reduce((sum, string) => sum + string.bytes.length, line.text.length + 2 * LINE_END);
    this.#deadline.extend(lineTime(bytes, this.#line.bytesPerSecond));
  }

  /** Ends it from outside. */
  end(reason: unknown): void {
    this.#stop();
    this.job.reject(reason);
  }

  #wroteLine(): void {
    if (!this.#over && !this.#promptSeen) this.#deadline.start(this.command.timeout);
  }

  #prompted(prompt: Prompt): void {
    this.#promptSeen = true;
    const { upload } = this.command;
    if (upload === undefined) return;
    this.#deadline.stop();
    const ready = now() + this.#dialect.promptDelay[prompt];
    this.#promptPause.start(
      () => ready,
      () => {
        this.#line.trace.sent(`<${upload.data.length} bytes>`);
        void this.#send(upload.data);
      },
    );
  }

  async #send(data: Uint8Array): Promise<void> {
    const { bytesPerSecond } = this.#line;
    const size = pieceSize(bytesPerSecond);
    try {
      while (this.#written < data.length && !this.#over) {
        const chunk = data.subarray(this.#written, this.#written + size);
        this.#deadline.start(this.command.timeout + 2 * lineTime(chunk.length, bytesPerSecond));
        await this.#line.write(chunk);
        this.#written += chunk.length;
      }
      if (!this.#over) this.#deadline.start(this.command.timeout);
    } catch (error) {
      this.#fail(error);
    }
  }

  #finish(result: FinalResult): void {
    this.#stop();
    const { label, download } = this.command;
    if (!result.success) {
      this.job.reject(rejection(label, this.mask.result(result), this.#dialect.errorTexts));
      return;
    }
    const lines = this.#lines;
    const damaged = this.#damaged;
    this.job.resolve(download === undefined ? { lines } : { lines, data: this.#received.take(), damaged });
  }

  #expire(): void {
    const { label, timeout } = this.command;
    const text = `No answer to ${label} within ${timeout / 1000} s`;
    const error = new ModemError("MODEM_TIMEOUT", text, { command: label });
    this.#fail(error);
    // The promise has told something else, and data mode may have been open meanwhile.
    if (this.command.signal?.aborted === true) this.job.events?.onEnd(error);
  }

  #fail(reason: unknown): void {
    if (this.#over) return;
    this.end(reason);
    this.#onInterrupted();
  }

  #stop(): void {
    this.#over = true;
    this.#deadline.stop();
    this.#promptPause.stop();
  }
}
