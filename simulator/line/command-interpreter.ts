import { now } from "../clock";
import type { Modem } from "../modem";
import { type CallPort, RunningCall } from "./call";
import type { FinalResult } from "./command";
import type { CommandError } from "./command-error";
import { CommandFaults, type Loss } from "./command-faults";
import { DataPhase } from "./data-mode/data-phase";
import { TrailingLineFeed } from "./data-mode/line-feed";
import type { CommandTable } from "./dispatch";
import { InputQueue, type Portion } from "./input-queue";
import { bufferedBytes, type InterpreterLine } from "./interpreter-line";
import type { Arrival } from "./pacer";
import { type ParsedCommand, parseCommands } from "./parse";
import { CommandLineReader } from "./reader";
import { failureOf, formatError, formatInformation, formatResult, PlainError, RESULTS } from "./results";
import { type LineSettings, lineSettings } from "./settings";
import { Unsolicited } from "./unsolicited";

const UNREAD = 64 * 1024;
const NOTHING = Buffer.alloc(0);
const CARRIAGE_RETURN = 0x0d;

/** The modem restarted while a command ran: the rest of its output must be dropped. */
class Restarted extends Error {}

/** The AT interpreter of one serial port: command lines in, results, prompts, data and unsolicited lines out. */
export class CommandInterpreter {
  readonly #modem: Modem;
  readonly #commands: CommandTable;
  readonly #line: InterpreterLine;
  readonly #reader: CommandLineReader;
  readonly #input: InputQueue;
  readonly #data: DataPhase;
  readonly #lineFeed = new TrailingLineFeed();
  readonly faults = new CommandFaults();
  /** What of the running line's answer is lost, by a fault. */
  #loss: Loss | undefined;
  #lastLine = "";
  #running = false;
  #listening = true;
  #silenced = false;
  #epoch = 0;
  #conclusion: FinalResult = RESULTS.ok;
  #freeSince = Number.NEGATIVE_INFINITY;
  #deferred = new Unsolicited();
  #afterwards: (() => void | Promise<void>)[] = [];

  constructor(
    modem: Modem,
    commands: CommandTable,
    line: InterpreterLine,
    /** Whether characters that arrive too soon after a result or a prompt are lost. */
    strict: boolean,
  ) {
    this.#modem = modem;
    this.#commands = commands;
    this.#line = line;
    this.#input = new InputQueue(strict);
    this.#reader = new CommandLineReader(modem.personality.maxLine, () => this.#settings);
    this.#data = this.#dataPhase();
  }

  /** Characters from the host. Returns whether there is room for more; if not, the line is notified later. */
  receive(received: Buffer, arrival: Arrival): boolean {
    if (!this.#listening || this.#silenced) return true;
    this.#input.push(received, arrival);
    this.#work();
    return !this.#data.busy;
  }

  /** An unsolicited line, held back while a command line is typed or runs. */
  urc(parts: readonly (string | Buffer)[]): void {
    // If the host does not read, drop unsolicited lines rather than fill the memory.
    if (!this.#listening || !this.#settings.unsolicited || this.#line.backlog > UNREAD) return;
    this.#deferred.add(formatInformation(parts, this.#settings, true));
    this.#printDeferred();
  }

  /** A line that must not be lost, such as one with data. Resolves once there is room for the next. */
  push(parts: readonly (string | Buffer)[]): Promise<void> {
    if (!this.#listening) return Promise.resolve();
    return new Promise((resolve) => {
      const printed = () => void this.#line.lower(bufferedBytes(this.#line.rate)).then(resolve);
      this.#deferred.add(formatInformation(parts, this.#settings, true), printed);
      this.#printDeferred();
    });
  }

  /** Arbitrary bytes, as a bad contact produces them. */
  noise(noise: Buffer): void {
    if (!this.#silenced) this.#line.write(noise);
  }

  /** The modem restarts: drops what was running, and neither reads nor prints until `start`. */
  stop(): void {
    this.#epoch++;
    this.#listening = false;
    this.#running = false;
    this.#data.abandon(new Restarted());
    this.#input.clear();
    this.#deferred = new Unsolicited();
    this.#afterwards = [];
    this.#reader.reset();
  }

  start(): void {
    this.#listening = true;
    // The rate of the line outlives a reboot (+IPR is kept in NVM).
    if (this.#line.rate !== 0) this.#settings.rate = this.#line.rate;
  }

  /** The host is gone (DTR drops): forgets an incomplete line; a running command goes on. */
  hangUp(): void {
    this.#input.clear();
    this.#reader.reset();
    this.#data.hangUp();
    this.#printDeferred();
  }

  /** While silenced the modem ignores input, and its output is lost. */
  silence(on: boolean): void {
    this.#silenced = on;
  }

  /** The next prompt loses its first `count` bytes and waits for as many more. */
  loseUpload(count: number): void {
    this.#data.loseUpload(count);
  }

  get #settings(): LineSettings {
    return lineSettings(this.#modem);
  }

  #work(): void {
    while (this.#hears) {
      const portion = this.#input.next();
      if (portion === undefined) return;
      if (this.#running) this.#takeData(portion);
      else this.#input.putBack(this.#takeCommand(portion), portion);
    }
  }

  #takeData(portion: Portion): void {
    const data = this.#lineFeed.strip(portion, false, this.#data.wanted);
    const rest = data.bytes.length === 0 ? data.bytes : this.#data.take(data);
    this.#input.putBack(rest, data);
  }

  /** What waited before the prompt or `CONNECT` was printed can't be an answer to it. */
  #openData(through: number): void {
    const portion = this.#input.next();
    this.#lineFeed.opened(through);
    if (portion === undefined) return;
    const data = this.#lineFeed.strip(portion, true, this.#data.wanted);
    this.#input.putBack(data.bytes, data);
  }

  get #hears(): boolean {
    return !this.#running || this.#data.hears;
  }

  /** Reads and echoes up to the end of a line; returns the rest. */
  #takeCommand({ bytes: typed, arrival }: Portion): Buffer {
    const echo: number[] = [];
    for (const [index, byte] of typed.entries()) {
      if (this.#settings.echo) echo.push(...this.#echoOf(byte));
      const reading = this.#reader.feed(byte);
      if (reading.kind === "nothing") continue;
      this.#printEcho(echo, arrival);
      if (reading.kind === "line") this.#lastLine = reading.body;
      const ended = byte === CARRIAGE_RETURN && reading.kind !== "repeat";
      this.#lineFeed.lineEnded(ended ? arrival.first + index * arrival.step : undefined);
      this.#begin(reading.kind === "too-long" ? undefined : this.#lastLine);
      return typed.subarray(index + 1);
    }
    this.#printEcho(echo, arrival);
    this.#printDeferred();
    return NOTHING;
  }

  #echoOf(byte: number): number[] {
    const { terminator, editing } = this.#settings;
    if (byte === editing) return [editing, 0x20, editing];
    return byte >= 0x20 || byte === terminator ? [byte] : [];
  }

  /** An echo goes out while the line is still arriving, but not before the modem is free to listen. */
  #printEcho(echo: readonly number[], arrival: Arrival): void {
    this.#print(Buffer.from(echo), Math.max(arrival.first, this.#freeSince));
  }

  #begin(body: string | undefined): void {
    this.#data.begin();
    this.#conclusion = RESULTS.ok;
    this.#loss = undefined;
    this.#running = true;
    const epoch = this.#epoch;
    queueMicrotask(() => void this.#run(body, epoch));
  }

  async #run(body: string | undefined, epoch: number): Promise<void> {
    let failure: CommandError | undefined;
    try {
      if (body === undefined) throw new PlainError("the line is too long");
      for (const command of parseCommands(body)) await this.#runCommand(command, epoch);
    } catch (error) {
      // An exchange that a restart cut off must fail; there is nobody left to tell.
      if (epoch === this.#epoch) failure = failureOf(error);
    }
    if (epoch !== this.#epoch) return;
    this.#data.end();
    if (failure === undefined) this.#finish(formatResult(this.#conclusion, this.#settings));
    else this.#fail(failure);
  }

  async #runCommand(command: ParsedCommand, epoch: number): Promise<void> {
    this.#loss ??= this.faults.lossOf(command);
    const refusal = this.faults.refusalOf(command);
    if (refusal !== undefined) throw refusal;
    const handler = this.#commands.handler(command);
    const check = () => {
      if (epoch !== this.#epoch) throw new Restarted();
    };
    await handler(new RunningCall(command, this.#portFor(check)), this.#modem);
    check();
  }

  #portFor(check: () => void): CallPort {
    const data = this.#data;
    return {
      information: (parts, first) => {
        check();
        this.#print(formatInformation(parts, this.#settings, first));
      },
      openPrompt: (prompt, length, timeout, options) => {
        check();
        return data.openPrompt(prompt, length, timeout, options);
      },
      openData: (text, whenEscaped, received) => {
        check();
        data.openData(text, whenEscaped, received);
      },
      sendData: async (sent) => {
        check();
        await data.send(sent);
        check();
      },
      get escaped() {
        return data.escaped;
      },
      conclude: (result) => {
        this.#conclusion = result;
      },
      afterResult: (work) => this.#afterwards.push(work),
    };
  }

  #dataPhase(): DataPhase {
    const modem = this.#modem;
    const line = this.#line;
    const input = this.#input;
    const settings = () => this.#settings;
    return new DataPhase({
      line,
      get settings() {
        return settings();
      },
      print: (text) => this.#print(text),
      opened: (through) => this.#openData(through),
      prompted: (through) => input.ignoreAllUntil(through + modem.personality.promptDelay),
      work: () => this.#work(),
    });
  }

  #fail(error: CommandError): void {
    this.#finish(formatError(error, this.#settings, this.#modem.personality.errorTexts));
  }

  #finish(result: Buffer): void {
    this.#modem.storage.flush();
    const through = this.#loss === undefined ? this.#print(result) : now();
    this.#input.ignoreUntil(through + this.#modem.personality.commandGap);
    this.#running = false;
    this.#freeSince = now();
    if (this.#line.rate !== 0 && this.#settings.rate !== this.#line.rate) void this.#changeRate(this.#settings.rate);
    this.#printDeferred();
    const works = this.#afterwards;
    this.#afterwards = [];
    for (const work of works) void this.#runAfterwards(work);
    this.#work();
  }

  /** The result still goes out at the old rate (development note, +IPR). */
  async #changeRate(rate: number): Promise<void> {
    await this.#line.lower(0);
    this.#line.setRate(rate);
  }

  async #runAfterwards(work: () => void | Promise<void>): Promise<void> {
    const epoch = this.#epoch;
    try {
      await work();
    } catch (error) {
      // An exchange that the restart cut off must fail; anything else is a bug in this program.
      if (epoch === this.#epoch) process.emitWarning(error instanceof Error ? error : String(error));
    }
  }

  #printDeferred(): void {
    if (this.#running || this.#reader.begun) return;
    const { lines, printed } = this.#deferred.take();
    this.#print(lines);
    printed();
  }

  #print(text: Buffer, from?: number): number {
    const lost = this.#running && this.#loss === "answer";
    if (this.#silenced || lost || text.length === 0) return now();
    return this.#line.write(text, from);
  }
}
