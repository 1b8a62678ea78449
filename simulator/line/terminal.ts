import { now } from "../clock";
import type { Modem } from "../modem";
import { type CallPort, RunningCall } from "./call";
import type { CommandError, DataSink, FinalResult, PromptOptions } from "./command";
import { DataMode } from "./data-mode";
import type { CommandTable } from "./dispatch";
import { InputQueue, type Portion } from "./input-queue";
import type { Arrival } from "./pacer";
import { type ParsedCommand, parseCommands } from "./parse";
import { CommandLineReader } from "./reader";
import { bytes, failureOf, formatError, formatInformation, formatResult, PlainError, RESULTS } from "./results";
import { type LineSettings, lineSettings } from "./settings";
import type { TerminalLine } from "./terminal-line";
import { Unsolicited } from "./unsolicited";
import { Upload } from "./upload";

/** `raw` lets so much wait on the line before it asks for more. */
const OUTPUT_BUFFER = 16 * 1024;
const UNREAD = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/** An upload has its bytes already. */
const nobody: DataSink = () => undefined;

/** The modem restarted while a command ran: whatever the command still does must not be heard. */
class Restarted extends Error {}

/** The AT interpreter of one serial port: command lines in, results, prompts, data and unsolicited lines out. */
export class Terminal {
  private readonly reader: CommandLineReader;
  private readonly input: InputQueue;
  private lastLine = "";
  private running = false;
  private listening = true;
  private silenced = false;
  private epoch = 0;
  private upload: Upload | undefined;
  private dataMode: DataMode | undefined;
  private escaped = false;
  private conclusion: FinalResult = RESULTS.ok;
  private freeSince = Number.NEGATIVE_INFINITY;
  private uploadLoss = 0;
  private echoesUpload = false;
  private deferred = new Unsolicited();
  private afterwards: (() => void | Promise<void>)[] = [];

  constructor(
    private readonly modem: Modem,
    private readonly commands: CommandTable,
    private readonly line: TerminalLine,
    /** Whether characters that come too soon after a result or a prompt are lost. */
    strict: boolean,
  ) {
    this.input = new InputQueue(strict);
    this.reader = new CommandLineReader(modem.personality.maxLine, () => this.settings);
  }

  /** Characters from the host. Returns whether there is room for more; if not, the line is told when there is. */
  receive(received: Buffer, arrival: Arrival): boolean {
    if (!this.listening || this.silenced) return true;
    this.input.push(received, arrival);
    this.work();
    return this.dataMode?.busy !== true;
  }

  /** An unsolicited line, held back while a command line is typed or runs. */
  urc(parts: readonly (string | Buffer)[]): void {
    // A host that does not read loses what the modem says unasked, not the modem its memory.
    if (!this.listening || !this.settings.unsolicited || this.line.backlog > UNREAD) return;
    this.deferred.add(formatInformation(parts, this.settings, true));
    this.printDeferred();
  }

  /** A line that is not lost, such as one with data. Resolves when the line has room for the next. */
  push(parts: readonly (string | Buffer)[]): Promise<void> {
    if (!this.listening) return Promise.resolve();
    return new Promise((resolve) => {
      const printed = () => void this.line.lower(OUTPUT_BUFFER).then(resolve);
      this.deferred.add(formatInformation(parts, this.settings, true), printed);
      this.printDeferred();
    });
  }

  /** Bytes with no form at all, as a bad contact makes them. */
  noise(noise: Buffer): void {
    this.print(noise);
  }

  /** The modem starts anew: what ran is forgotten, and nothing is heard or printed until `start`. */
  stop(): void {
    this.epoch++;
    this.listening = false;
    this.running = false;
    this.upload?.abandon(new Restarted());
    this.upload = undefined;
    this.leaveDataMode();
    this.input.clear();
    this.deferred = new Unsolicited();
    this.afterwards = [];
    this.reader.reset();
  }

  start(): void {
    this.listening = true;
    // The rate of the line outlives a reboot (+IPR is kept in NVM).
    if (this.line.rate !== 0) this.settings.rate = this.line.rate;
  }

  /** The host went away (DTR drops): half a line is forgotten, a prompt ends with what it has. */
  hangUp(): void {
    this.input.clear();
    this.reader.reset();
    this.upload?.end();
    this.printDeferred();
  }

  /** While silenced the modem neither hears nor prints; what it prints is lost. */
  silence(on: boolean): void {
    this.silenced = on;
  }

  /** The next prompt does not get its first `count` bytes and goes on waiting for as many. */
  loseUpload(count: number): void {
    this.uploadLoss = count;
  }

  private get settings(): LineSettings {
    return lineSettings(this.modem);
  }

  private work(): void {
    while (this.hears) {
      const portion = this.input.next();
      if (portion === undefined) return;
      const rest = this.running ? this.takeData(portion.bytes) : this.takeCommand(portion);
      this.input.putBack(rest, portion);
    }
  }

  private get hears(): boolean {
    if (this.dataMode !== undefined) return !this.dataMode.busy;
    return !this.running || this.upload !== undefined;
  }

  /** Reads up to the end of a line and echoes it; returns what comes after. */
  private takeCommand({ bytes: typed, arrival }: Portion): Buffer {
    const echo: number[] = [];
    for (const [index, byte] of typed.entries()) {
      if (this.settings.echo) echo.push(...this.echoOf(byte));
      const reading = this.reader.feed(byte);
      if (reading.kind === "nothing") continue;
      this.printEcho(echo, arrival);
      if (reading.kind === "line") this.lastLine = reading.body;
      this.begin(reading.kind === "too-long" ? undefined : this.lastLine);
      return typed.subarray(index + 1);
    }
    this.printEcho(echo, arrival);
    this.printDeferred();
    return NOTHING;
  }

  private echoOf(byte: number): number[] {
    const { terminator, editing } = this.settings;
    if (byte === editing) return [editing, 0x20, editing];
    return byte >= 0x20 || byte === terminator ? [byte] : [];
  }

  private takeData(data: Buffer): Buffer {
    this.dataMode?.feed(data);
    if (this.upload === undefined) return NOTHING;
    const lost = Math.min(this.uploadLoss, data.length);
    this.uploadLoss -= lost;
    const heard = data.subarray(lost);
    const rest = this.upload.feed(heard);
    if (this.echoesUpload) this.print(heard.subarray(0, heard.length - rest.length));
    if (this.upload.complete) this.closeUpload();
    return rest;
  }

  /** An echo goes out while the line still comes in, but not before the modem was free to listen. */
  private printEcho(echo: readonly number[], arrival: Arrival): void {
    this.print(Buffer.from(echo), Math.max(arrival.first, this.freeSince));
  }

  private begin(body: string | undefined): void {
    this.escaped = false;
    this.conclusion = RESULTS.ok;
    this.running = true;
    const { epoch } = this;
    queueMicrotask(() => void this.run(body, epoch));
  }

  private async run(body: string | undefined, epoch: number): Promise<void> {
    let failure: CommandError | undefined;
    try {
      if (body === undefined) throw new PlainError("the line is too long");
      for (const command of parseCommands(body)) await this.runCommand(command, epoch);
    } catch (error) {
      // An exchange that a restart cut off fails as it should, and nobody is there to be told.
      if (epoch === this.epoch) failure = failureOf(error);
    }
    if (epoch !== this.epoch) return;
    this.leaveDataMode();
    if (failure === undefined) this.finish(formatResult(this.conclusion, this.settings));
    else this.fail(failure);
  }

  private async runCommand(command: ParsedCommand, epoch: number): Promise<void> {
    const handler = this.commands.handler(command);
    const check = () => {
      if (epoch !== this.epoch) throw new Restarted();
    };
    await handler(new RunningCall(command, this.portFor(check)), this.modem);
    check();
  }

  private portFor(check: () => void): CallPort {
    const isEscaped = () => this.escaped;
    return {
      information: (parts, first) => {
        check();
        this.print(formatInformation(parts, this.settings, first));
      },
      openPrompt: (prompt, length, timeout, options) => {
        check();
        return this.openPrompt(prompt, length, timeout, options);
      },
      openData: (text, whenEscaped, received) => {
        check();
        this.openData(text, whenEscaped, received);
      },
      sendData: async (data) => {
        check();
        await this.sendData(data);
        check();
      },
      get escaped() {
        return isEscaped();
      },
      conclude: (result) => {
        this.conclusion = result;
      },
      afterResult: (work) => this.afterwards.push(work),
    };
  }

  private openPrompt(prompt: string, length: number, timeout?: number, options?: PromptOptions): Promise<Buffer> {
    const dataMode = prompt === "CONNECT";
    const text = dataMode ? formatResult(RESULTS.connect, this.settings) : bytes(`\r\n${prompt}`);
    const through = this.print(text);
    this.input.ignoreAllUntil(through + this.modem.personality.promptDelay);
    const upload = new Upload(length, timeout, options);
    this.upload = upload;
    this.echoesUpload = options?.echo === true;
    if (dataMode) this.enterDataMode(() => upload.end(3), nobody);
    void upload.done.then(
      () => this.closeUpload(),
      () => undefined,
    );
    // Whoever asked must be waiting before bytes that were typed ahead can answer.
    queueMicrotask(() => this.work());
    return upload.done;
  }

  private closeUpload(): void {
    this.upload = undefined;
    this.leaveDataMode();
  }

  private openData(text: string, whenEscaped: () => void, received: DataSink): void {
    this.print(formatResult({ words: text, digit: RESULTS.connect.digit }, this.settings));
    this.enterDataMode(whenEscaped, received);
    queueMicrotask(() => this.work());
  }

  private async sendData(data: Buffer): Promise<void> {
    for (let offset = 0; offset < data.length; offset += OUTPUT_BUFFER) {
      if (this.escaped) return;
      this.print(data.subarray(offset, offset + OUTPUT_BUFFER));
      await this.line.lower(OUTPUT_BUFFER);
    }
  }

  private enterDataMode(whenEscaped: () => void, received: DataSink): void {
    this.escaped = false;
    this.dataMode = new DataMode(this.settings, {
      escaped: () => {
        this.escaped = true;
        whenEscaped();
      },
      received,
      taken: () => {
        this.work();
        this.line.resumeInput();
      },
    });
  }

  private leaveDataMode(): void {
    this.dataMode?.stop();
    this.dataMode = undefined;
    this.line.resumeInput();
  }

  private fail(error: CommandError): void {
    this.finish(formatError(error, this.settings, this.modem.personality.errorTexts));
  }

  private finish(result: Buffer): void {
    this.modem.storage.flush();
    const through = this.print(result);
    this.input.ignoreUntil(through + this.modem.personality.commandGap);
    this.running = false;
    this.freeSince = now();
    if (this.line.rate !== 0 && this.settings.rate !== this.line.rate) void this.changeRate(this.settings.rate);
    this.printDeferred();
    const works = this.afterwards;
    this.afterwards = [];
    for (const work of works) void this.runAfterwards(work);
    this.work();
  }

  /** The result still goes out at the old rate (development note, +IPR). */
  private async changeRate(rate: number): Promise<void> {
    await this.line.lower(0);
    this.line.setRate(rate);
  }

  private async runAfterwards(work: () => void | Promise<void>): Promise<void> {
    const epoch = this.epoch;
    try {
      await work();
    } catch (error) {
      // An exchange that the restart cut off fails as it should; anything else is a fault of this program.
      if (epoch === this.epoch) process.emitWarning(error instanceof Error ? error : String(error));
    }
  }

  private printDeferred(): void {
    if (this.running || this.reader.begun) return;
    const { lines, printed } = this.deferred.take();
    this.print(lines);
    printed();
  }

  private print(text: Buffer, from?: number): number {
    if (this.silenced || text.length === 0) return now();
    return this.line.write(text, from);
  }
}
