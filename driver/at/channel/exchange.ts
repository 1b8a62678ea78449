import { inSeconds, ModemError } from "../../errors";
import { ExtendableTimeout, lineTime, MovableTimer, now } from "../clock";
import type { Command, Prompt, Response } from "../command";
import type { Dialect } from "../dialect";
import { rejection } from "../errors";
import type { FinalResult } from "../final-results";
import type { Line } from "../line";
import { ByteSink } from "../parser/byte-sink";
import { TRIAL } from "../parser/line-classifier";
import type { Token } from "../parser/tokens";
import { pieceSize } from "../pieces";
import { Mask } from "../trace/mask";
import { Inquiry } from "./inquiry";
import type { Interrupted } from "./interrupted";
import type { ModemLine } from "./modem-line";
import type { Job } from "./queue";

/** What an exchange needs of the line. */
export type ExchangeLine = Pick<
  ModemLine,
  "bytesPerSecond" | "dialect" | "expect" | "lastByteAt" | "recent" | "trace" | "tryOut" | "write"
>;

/** What an exchange tells the channel. */
export interface ExchangeEvents {
  /** The job has its result. `owed` are the times of `AT` whose answers may still come. */
  onFinished(owed: readonly number[]): void;
  /** The job was rejected: the time was over, the answer was lost, or the line can't be written. */
  onInterrupted(): void;
  /** The job is to be sent again: its answer was lost, or trying the line broke it off. */
  onBrokenOff(): void;
  /** Whether the modem answers, when that changes. */
  onSilence(isSilent: boolean): void;
}

/** Silence in ms that is suspicious, where the command tells none. */
const USUAL_MS = 10_000;
/** The same for a command that nobody waits for any more, since others do: the sooner the longer it has lasted. */
const ABANDONED_MS = { soonest: 1000, latest: 4000 } as const;
/** Between two tries of a modem that is busy, which may forget what it was sent meanwhile. */
const RETRY_MS = 10_000;
/** After so long without an answer to `AT` the modem counts as one that does not answer. */
const ANSWER_MS = 1000;
/** Silence before the line is tried: while bytes come, an answer may be among them. */
const PAUSE_MS = 1000;
/** Silence that shows that no more results come, where it counts how many there are. */
const SETTLED_MS = 300;

const LINE_END = 2;
const STRAYS = { strays: true } as const;

/** One command on the line, from its first byte to its final result. */
export class Exchange {
  readonly #line: ExchangeLine;
  readonly #dialect: Dialect;
  readonly #events: ExchangeEvents;
  readonly mask: Mask;
  readonly #lines: Line[] = [];
  readonly #received = new ByteSink();
  readonly #deadline: ExtendableTimeout;
  readonly #suspicion: ExtendableTimeout;
  readonly #promptPause = new MovableTimer();
  readonly #settling = new MovableTimer();
  readonly #inquiry = new Inquiry();
  #silence: NodeJS.Timeout | undefined;
  #startedAt = 0;
  /** Whether the modem has echoed the command. */
  #isMarked = false;
  #promptSeen = false;
  #isUploading = false;
  #written = 0;
  #isAbandoned = false;
  #over = false;
  #damaged = false;
  #behind: Pick<Response, "behind"> = {};
  #strays: Pick<Response, "strays"> = {};

  constructor(
    readonly job: Job,
    line: ExchangeLine,
    events: ExchangeEvents,
  ) {
    this.#line = line;
    this.#dialect = line.dialect;
    this.#events = events;
    this.mask = new Mask(job.command, line.recent);
    this.#deadline = new ExtendableTimeout(() => this.#expire(job.command.timeout));
    this.#suspicion = new ExtendableTimeout(() => this.#suspect());
  }

  get command(): Command {
    return this.job.command;
  }

  /** ms that it has lasted. */
  get lasts(): number {
    return now() - this.#startedAt;
  }

  get interrupted(): Interrupted {
    const { upload, timeout } = this.command;
    const size = upload?.data.length ?? 0;
    const mayLast = upload?.promptTime !== undefined || this.#usual >= timeout;
    return {
      startedAt: this.#startedAt,
      tried: this.#inquiry.owed,
      prompt: upload?.prompt ?? (this.#opensDataMode ? "CONNECT" : undefined),
      opened: this.#promptSeen,
      size,
      missing: this.#promptSeen ? size - this.#written : 0,
      ...(mayLast && !this.#promptSeen ? { busyUntil: this.#startedAt + timeout } : {}),
    };
  }

  start(): void {
    const { line, label } = this.command;
    const bytes = Buffer.from(`${line}\r`, "latin1");
    this.#line.trace.sent(label);
    this.#startedAt = now();
    // Counted from now and again from the last byte, which a line whose flow is stopped may never let go.
    this.#wait(lineTime(bytes.length, this.#line.bytesPerSecond));
    this.#line.write(bytes).then(
      () => this.#wroteLine(),
      (error: unknown) => this.#fail(error),
    );
  }

  token(token: Token): void {
    if (token.type !== "noise") this.#heard();
    if (token.type === "echo") this.#echoed(token.text);
    else if (token.type === "answer") this.#lines.push(token.line);
    else if (token.type === "data") this.#received.append(token.bytes, 0, token.bytes.length);
    else if (token.type === "damage") this.#damaged = true;
    else if (token.type === "behind") this.#behind = { behind: token.lineEnds };
    else if (token.type === "noise") this.#strays = STRAYS;
    else if (token.type === "prompt") this.#prompted(token.prompt);
    else if (token.type === "final") this.#take(token.result);
  }

  /** Data mode is open: the command has done its part. */
  connected(): void {
    this.#stop();
    this.job.resolve({ lines: this.#lines });
  }

  /** A URC came in between: its own time is not the command's. */
  interrupt(line: Line, isStray: boolean): void {
    if (isStray) this.#strays = STRAYS;
    const bytes = line.data.reduce((sum, string) => sum + string.bytes.length, line.text.length + 2 * LINE_END);
    const time = lineTime(bytes, this.#line.bytesPerSecond);
    this.#deadline.extend(time);
    this.#suspicion.extend(time);
  }

  /** Nobody waits for the answer any more. The line is still the command's, but others wait for that. */
  abandon(): void {
    if (this.#isAbandoned || this.#over) return;
    const isWaiting = !this.#isUploading && !this.#inquiry.hasBegun;
    this.#isAbandoned = true;
    if (isWaiting) this.#suspicion.start(this.#patience);
  }

  /** Ends it from outside. */
  end(reason: unknown): void {
    this.#stop();
    this.job.reject(reason);
  }

  get #opensDataMode(): boolean {
    const { download } = this.command;
    return download !== undefined && download.after === undefined;
  }

  get #usual(): number {
    const { usual = USUAL_MS, timeout, repeatable, upload } = this.command;
    // What was broken off once has all of its time now; and before data mode opens `AT` would become data.
    const isUndisturbed = this.job.events !== undefined || (repeatable === true && this.job.isRepeated);
    if (isUndisturbed) return timeout;
    return Math.min(this.#promptSeen ? usual : (upload?.promptTime ?? usual), timeout);
  }

  /** Silence in ms that is suspicious from now on. */
  get #patience(): number {
    if (!this.#isAbandoned) return this.#usual;
    const { soonest, latest } = ABANDONED_MS;
    return Math.min(latest, Math.max(soonest, USUAL_MS - this.lasts));
  }

  /** Starts all limits anew, `more` ms longer. */
  #wait(more = 0): void {
    const { timeout } = this.command;
    this.#deadline.start(timeout + more);
    if (this.#isAbandoned || this.#usual < timeout) this.#suspicion.start(this.#patience + more);
  }

  #wroteLine(): void {
    if (!this.#over && !this.#promptSeen && !this.#inquiry.hasBegun) this.#wait();
  }

  #prompted(prompt: Prompt): void {
    this.#promptSeen = true;
    const { upload } = this.command;
    if (upload === undefined) return;
    this.#deadline.stop();
    this.#suspicion.stop();
    this.#isUploading = true;
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
      this.#isUploading = false;
      if (!this.#over) this.#wait();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Silence lasts longer than it usually does, or nobody waits any more. */
  #suspect(): void {
    if (this.#over || this.#settling.running) return;
    const { upload, download } = this.command;
    const isReading = this.#opensDataMode || (download !== undefined && this.#lines.length > 0);
    const usual = this.#patience;
    const quiet = now() - Math.max(this.#line.lastByteAt, this.#startedAt);
    const enough = isReading || this.lasts < 2 * usual ? (isReading ? usual : Math.min(usual, PAUSE_MS)) : 0;
    if (quiet < enough) this.#suspicion.start(enough - quiet);
    // `AT` would be taken for bytes of the data, or its answer for some.
    else if (isReading || (upload !== undefined && !this.#promptSeen)) this.#expire(usual);
    else this.#inquire();
  }

  /** Asks whether the modem is still busy with the command. */
  #inquire(): void {
    this.#inquiry.sent();
    this.#suspicion.start(RETRY_MS);
    this.#silence ??= setTimeout(() => this.#events.onSilence(true), ANSWER_MS);
    this.#line.tryOut().catch((error: unknown) => this.#fail(error));
  }

  #heard(): void {
    if (this.#silence === undefined) return;
    clearTimeout(this.#silence);
    this.#silence = undefined;
    this.#events.onSilence(false);
  }

  #echoed(text: string): void {
    if (this.#inquiry.hasBegun && text === TRIAL) this.#inquiry.echoed();
    // What came before the echo is left from earlier.
    else [this.#isMarked, this.#strays] = [true, {}];
  }

  #take(result: FinalResult): void {
    if (!this.#inquiry.hasBegun) {
      this.#finish(result, []);
      return;
    }
    this.#inquiry.took(result, this.#isMarked);
    if (this.#inquiry.isCertain) {
      this.#conclude();
      return;
    }
    this.#line.expect({ line: TRIAL, expects: [] });
    this.#settling.start(
      () => this.#line.lastByteAt + SETTLED_MS,
      () => this.#conclude(),
    );
  }

  /** Says what the results mean that came since the line was tried. */
  #conclude(): void {
    const { outcome, wasBrokenOff, owed } = this.#inquiry;
    const mayRepeat = this.command.repeatable === true && !this.job.isRepeated && !this.#isAbandoned;
    if (mayRepeat && (outcome === undefined || wasBrokenOff)) {
      this.#stop();
      this.job.isRepeated = true;
      this.#events.onBrokenOff();
    } else if (outcome !== undefined) this.#finish(outcome, owed);
    else this.#fail(this.#timeoutError(`The answer to ${this.command.label} was lost`));
  }

  #finish(result: FinalResult, owed: readonly number[]): void {
    this.#stop();
    const { label, download } = this.command;
    if (result.success) {
      const data = download && { data: this.#received.take(), damaged: this.#damaged, ...this.#behind };
      this.job.resolve({ lines: this.#lines, ...this.#strays, ...data });
    } else this.job.reject(rejection(label, this.mask.result(result), this.#dialect.errorTexts, this.#lines));
    this.#events.onFinished(owed);
  }

  #expire(waited: number): void {
    const error = this.#timeoutError(`No answer to ${this.command.label} within ${inSeconds(waited)}`);
    this.#fail(error);
    // The promise has told something else, and data mode may have been open meanwhile.
    if (this.job.isAbandoned) this.job.events?.onEnd(error);
  }

  #timeoutError(text: string): ModemError {
    return new ModemError("MODEM_TIMEOUT", text, { command: this.command.label });
  }

  #fail(reason: unknown): void {
    if (this.#over) return;
    this.end(reason);
    this.#events.onInterrupted();
  }

  #stop(): void {
    this.#over = true;
    this.#deadline.stop();
    this.#suspicion.stop();
    this.#promptPause.stop();
    this.#settling.stop();
    clearTimeout(this.#silence);
  }
}
