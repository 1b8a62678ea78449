import { lineTime, now } from "../clock";
import type { Upload } from "../command";
import { ESCAPE } from "../data-mode/escape";
import type { InFlight } from "../parser/line-classifier";
import type { Token } from "../parser/tokens";
import type { Interrupted } from "./exchange";

/** What resynchronising needs of the line. */
export interface ResyncLine {
  readonly bytesPerSecond: number | undefined;
  /** Silence before and after `+++`, in ms. */
  readonly guard: number;
  /** When the last byte came, by `now()`. */
  lastByteAt(): number;
  write(bytes: Uint8Array): Promise<void>;
  /** Makes a command the one in flight, for the parser. */
  expect(command: InFlight): void;
}

/** How long each silent probe is waited for, in ms; 27.007 modems answer `AT` within 300 ms unless they are busy. */
const PROBES = [300, 1000, 1000, 3000, 3000];
/** Probes in all: late answers make a round void, and there can be as many as commands were sent. */
const MAX_ROUNDS = 12;
/** Silence that shows that nothing more is to come, in ms: at least, and at most for a modem that is slow. */
const QUIET = 100;
const LONGEST_QUIET = 3000;
/** Longest wait for that silence, in ms. */
const QUIET_LIMIT = 5000;
/** Limit on one write besides the line's own time, in ms: flow control may hold it for ever. */
const WRITE_LIMIT = 1000;
/** Most bytes that are sent to fill a prompt up. */
const MAX_FILL = 64 * 1024;

const ESCAPE_CHARACTER = Buffer.from([0x1b]);
const FILLER = 0x20;

type Outcome = "silence" | "ok" | "void";

/**
 * Finds back to a modem that waits for commands, after an answer that did not come in time.
 *
 * Sends `AT` until an `OK` comes that can only be its own: behind its echo or, without echo, twice, each time with
 * nothing else about. Only then a late answer of the older command can't be taken for the next one's.
 */
export class Resync {
  readonly #line: ResyncLine;
  readonly #promptSize: number;
  readonly #prompt: Upload["prompt"] | undefined;
  #isOpen: boolean;
  #missing: number;
  #closings = 0;
  #cancelled = false;
  #tokens: Token[] = [];
  /** When the commands were sent whose results may still come, the one that was given up first. */
  #asked: number[];
  readonly #givenUp: number;
  /** How long the modem took for the last of them, in ms. */
  #lag = 0;
  #wake: (() => void) | undefined;

  constructor(line: ResyncLine, interrupted: Interrupted) {
    this.#line = line;
    this.#givenUp = interrupted.startedAt;
    this.#asked = [this.#givenUp];
    this.#prompt = interrupted.prompt;
    this.#promptSize = interrupted.size;
    this.#missing = interrupted.missing;
    this.#isOpen = interrupted.opened && (interrupted.missing > 0 || interrupted.size === 0);
  }

  /** Resolves with whether the modem answers in step again; with false when it was cancelled. */
  async run(): Promise<boolean> {
    await this.#settle(QUIET);
    let silent = 0;
    let confirmed = 0;
    let outcome: Outcome = "void";
    for (let round = 0; round < MAX_ROUNDS && silent < PROBES.length && !this.#cancelled; round += 1) {
      if (this.#isOpen || outcome === "silence") await this.#closePrompt();
      outcome = await this.#probe(PROBES[silent] ?? QUIET_LIMIT);
      if (outcome === "silence") silent += 1;
      confirmed = outcome === "ok" ? confirmed + 1 : 0;
      if (outcome === "ok" && (this.#tokens.some(({ type }) => type === "echo") || confirmed > 1))
        return !this.#cancelled;
    }
    return false;
  }

  token(token: Token): void {
    this.#tokens.push(token);
    // The result of the command that was given up would have come ahead of the echo of AT.
    if (token.type === "echo") this.#asked = this.#asked.filter((at) => at !== this.#givenUp);
    if (token.type === "prompt") {
      this.#isOpen = true;
      this.#missing = this.#promptSize;
    }
    if (token.type === "final") this.#lag = now() - (this.#asked.shift() ?? now());
    if (token.type === "prompt" || token.type === "final") this.#wake?.();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#wake?.();
  }

  async #probe(timeout: number): Promise<Outcome> {
    this.#tokens = [];
    this.#line.expect({ line: "AT", expects: [], ...(this.#prompt === undefined ? {} : { prompt: this.#prompt }) });
    this.#asked.push(now());
    await this.#write(Buffer.from("AT\r", "latin1"));
    if (!this.#hasEnded()) await this.#wait(timeout);
    if (!this.#hasEnded()) return "silence";
    await this.#settle(this.#quiet());
    this.#asked = [];
    const [result, ...more] = this.#tokens.filter(({ type }) => type !== "echo");
    return result?.type === "final" && result.result.text === "OK" && more.length === 0 ? "ok" : "void";
  }

  #hasEnded(): boolean {
    return this.#tokens.some(({ type }) => type === "final" || type === "prompt");
  }

  /**
   * ESC takes back a `>` where the modem allows that; else it counts as a byte of the data, and like at `@` only the
   * announced number of bytes ends the prompt. Data mode ends by `+++` between two silences.
   */
  async #closePrompt(): Promise<void> {
    const first = this.#closings === 0;
    // The result of what the prompt belongs to comes before that of the next AT.
    if (this.#prompt !== undefined) this.#asked.push(now());
    if (this.#prompt === "CONNECT") await this.#leaveDataMode();
    else if (this.#prompt === "@" || (this.#prompt !== undefined && !first)) await this.#fill();
    else if (this.#prompt !== undefined) await this.#write(ESCAPE_CHARACTER);
    this.#closings += 1;
    this.#isOpen = false;
  }

  async #leaveDataMode(): Promise<void> {
    await this.#wait(this.#line.guard);
    await this.#write(ESCAPE);
    await this.#wait(this.#line.guard);
  }

  async #fill(): Promise<void> {
    const count = Math.min(MAX_FILL, this.#missing > 0 ? this.#missing : this.#promptSize);
    this.#missing = 0;
    if (count > 0) await this.#write(Buffer.alloc(count, FILLER));
  }

  /** A modem that answers late, one thing after the other, takes about as long again for the next one. */
  #quiet(): number {
    return this.#asked.length === 0 ? QUIET : Math.min(LONGEST_QUIET, QUIET + 1.5 * this.#lag);
  }

  async #settle(quiet: number): Promise<void> {
    const limit = now() + QUIET_LIMIT;
    for (;;) {
      const left = Math.min(this.#line.lastByteAt() + quiet, limit) - now();
      if (left <= 0 || this.#cancelled) return;
      await this.#wait(left);
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#cancelled) return;
    const limit = this.#wait(WRITE_LIMIT + 2 * lineTime(bytes.length, this.#line.bytesPerSecond));
    const stop = this.#wake;
    this.#line.write(bytes).then(stop, stop);
    await limit;
  }

  #wait(ms: number): Promise<void> {
    if (this.#cancelled) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.ceil(ms));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
