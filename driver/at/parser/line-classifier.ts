import type { Download, Expectation, Prompt, Upload } from "../command";
import { finalResult } from "../final-results";
import type { Line, UrcDefinition } from "../line";
import { isDamagedEcho } from "./echo";
import { isPrefixed, matchesFreely, matchesPrefix, ownPrefix } from "./expectation";
import type { TokenSink } from "./tokens";
import { UrcTable } from "./urc-table";

/** What the parser has to know of the command in flight. */
export interface InFlight {
  /** The command line, to know its echo by. */
  readonly line: string;
  readonly expects: readonly Expectation[];
  /** Set while a prompt is waited for. */
  readonly prompt?: Upload["prompt"];
  readonly download?: Download;
  /** A command of a caller's, to which no result of an older one may be given; a probe takes any result. */
  readonly isCommand?: true;
  /** It will be echoed: what comes ahead of the echo is certainly an older command's. */
  readonly isEchoed?: boolean;
}

/** Lines without an echo in front of them that are held back; beyond, echo is taken to be off. */
const MAX_HELD_LINES = 32;

/** What shows whether a modem answers. */
export const TRIAL = "AT";

const PRINTABLE = /^[\x20-\x7e]+$/;

/**
 * Says what a whole line is.
 *
 * Echo is the marker: what comes before it can't be an answer. So a line that could be one is held until the echo
 * (then it was a URC, or belongs to an older command) or the final result (then echo is off, and it was the answer).
 */
export class LineClassifier {
  #urcs = new UrcTable([]);
  #current: InFlight | undefined;
  #own: string | undefined;
  #prompt: Upload["prompt"] | undefined;
  #accepted = false;
  /** Whether `AT` was sent while the command is in flight. */
  #tried = false;
  #held: Line[] = [];

  useUrcs(definitions: readonly UrcDefinition[]): void {
    this.#urcs = new UrcTable(definitions);
  }

  begin(command: InFlight): void {
    this.#current = command;
    this.#own = ownPrefix(command.line);
    this.#prompt = command.prompt;
    this.#accepted = false;
    this.#tried = false;
    this.#held = [];
  }

  /** `AT` was sent to see whether the modem still works on the command in flight: its echo marks the answer to that. */
  expectTrial(): void {
    this.#tried = true;
  }

  /** Ends the command in flight without a final result; what was held belonged to no command. */
  end(sink: TokenSink): void {
    this.#releaseUnasked(sink);
    this.#current = undefined;
    this.#prompt = undefined;
  }

  /** Whether this prompt is waited for; once taken, it is waited for no more. */
  takePrompt(prompt: Prompt, sink: TokenSink): boolean {
    if ((this.#prompt !== prompt && this.#prompt !== "any") || this.#awaitsEcho) return false;
    this.#prompt = undefined;
    this.#acceptWithoutEcho(sink);
    sink({ type: "prompt", prompt });
    return true;
  }

  /** The line of the command in flight, until its echo or another sign of its acceptance has come. */
  get awaitedEcho(): string | undefined {
    return this.#accepted ? undefined : this.#current?.line;
  }

  /** Whether lines of this name are known, or waited for: damaged ones are not. */
  knows(text: string): boolean {
    const line = { text, data: [] };
    const { expects } = this.#current ?? { expects: [] };
    const isAwaited = matchesPrefix(expects, this.#own, line) || matchesFreely(expects, line);
    return isAwaited || this.#urcs.find(text) !== undefined;
  }

  /** Passes on what the line is. Returns the download whose bytes come next, if this is the line that they follow. */
  line(line: Line, sink: TokenSink): Download | undefined {
    if (this.#current === undefined) this.#unasked(line, sink);
    else if (line.data.length > 0 || line.body !== undefined) this.#information(line, this.#current, sink);
    else return this.#plain(line, this.#current, sink);
    return undefined;
  }

  #plain(line: Line, command: InFlight, sink: TokenSink): Download | undefined {
    const { text } = line;
    if ((!this.#accepted && text === command.line) || (this.#tried && text === TRIAL)) {
      this.#echo(text, sink);
      return undefined;
    }
    const result = finalResult(text);
    if (result !== undefined && this.#isStale(command, result.success)) {
      sink({ type: "noise", text });
    } else if (result !== undefined) {
      this.#acceptWithoutEcho(sink);
      this.#current = undefined;
      this.#prompt = undefined;
      sink({ type: "final", result });
    }
    if (result !== undefined) return undefined;
    if (isConnect(text) && this.takePrompt("CONNECT", sink)) return undefined;
    if (precedes(line, command.download)) {
      this.#acceptWithoutEcho(sink);
      sink(command.download?.after === undefined ? { type: "prompt", prompt: "CONNECT" } : { type: "answer", line });
      return command.download;
    }
    this.#information(line, command, sink);
    return undefined;
  }

  /**
   * Whether a result is an older command's, or was part of what such a one was answered: it is a success before the
   * prompt that has to come first, or comes ahead of an echo that is certain.
   */
  #isStale({ isCommand }: InFlight, success: boolean): boolean {
    const isEarly = success && this.#prompt !== undefined && this.#prompt !== "any";
    return (isCommand === true && isEarly) || this.#awaitsEcho;
  }

  get #awaitsEcho(): boolean {
    return this.#current?.isEchoed === true && !this.#accepted;
  }

  #information(line: Line, command: InFlight, sink: TokenSink): void {
    if (matchesPrefix(command.expects, this.#own, line)) this.#answer(line, sink);
    else if (this.#urcs.find(line.text) !== undefined) this.#unasked(line, sink);
    else if (!this.#accepted && isDamagedEcho(line.text, command.line)) this.#echo(line.text, sink);
    else if (matchesFreely(command.expects, line)) this.#answer(line, sink);
    else if (isPrefixed(line.text)) this.#unasked(line, sink);
    else sink({ type: "noise", text: line.text });
  }

  #echo(text: string, sink: TokenSink): void {
    this.#releaseUnasked(sink);
    this.#accepted = true;
    sink({ type: "echo", text });
  }

  #answer(line: Line, sink: TokenSink): void {
    if (!this.#accepted && this.#held.length < MAX_HELD_LINES) {
      this.#held.push(line);
      return;
    }
    this.#acceptWithoutEcho(sink);
    sink({ type: "answer", line });
  }

  #acceptWithoutEcho(sink: TokenSink): void {
    this.#accepted = true;
    for (const line of this.#takeHeld()) sink({ type: "answer", line });
  }

  #releaseUnasked(sink: TokenSink): void {
    for (const line of this.#takeHeld()) this.#unasked(line, sink);
  }

  #takeHeld(): Line[] {
    const lines = this.#held;
    if (lines.length > 0) this.#held = [];
    return lines;
  }

  /** A stale result would be a URC without a listener, and a damaged line a false one: both are noise. */
  #unasked(line: Line, sink: TokenSink): void {
    const definition = this.#urcs.find(line.text);
    const known = definition !== undefined || line.data.length > 0;
    if (known || (PRINTABLE.test(line.text) && finalResult(line.text) === undefined)) {
      const isStray = definition === undefined;
      sink({ type: "urc", line, boot: definition?.boot ?? false, ...(isStray && { stray: true }) });
    } else {
      sink({ type: "noise", text: line.text });
    }
  }
}

function precedes({ text }: Line, download: Download | undefined): boolean {
  if (download === undefined) return false;
  return download.after === undefined ? isConnect(text) : text.startsWith(download.after);
}

function isConnect(text: string): boolean {
  return text === "CONNECT" || text.startsWith("CONNECT ");
}
