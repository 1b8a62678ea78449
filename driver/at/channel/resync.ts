import { lineTime, now } from "../clock";
import type { Upload } from "../command";
import { ESCAPE } from "../data-mode/escape";
import { TRIAL } from "../parser/line-classifier";
import type { Token } from "../parser/tokens";
import type { Interrupted } from "./interrupted";
import type { ModemLine } from "./modem-line";

/** What resynchronising needs of the line. */
export type ResyncLine = Pick<ModemLine, "bytesPerSecond" | "dataMode" | "expect" | "lastByteAt" | "write">;

/** How long each silent probe is waited for; 27.007 modems answer `AT` within 300 ms unless they are busy. */
const PROBE_TIMEOUTS_MS = [300, 700, 1000, 2000, 3000];
/** The same of a modem that may be busy, beyond those. */
const BUSY_PROBE_MS = 5000;
/** Longest wait for the answers to what was sent while a command was in flight. */
const OWED_MS = 1000;
/** Probes in all: a late answer makes a round void, and every command that was sent may get one. */
const MAX_PROBE_COUNT = 12;
/** Silence that shows that nothing more will come: at least, and at most for a modem that is slow. */
const MIN_QUIET_MS = 100;
const MAX_QUIET_MS = 3000;
/** Longest wait for that silence. */
const QUIET_LIMIT_MS = 5000;
/** Limit on one write besides the line's own time: flow control may hold it for ever. */
const WRITE_LIMIT_MS = 1000;
/** Most bytes that are sent to fill up a prompt. */
const MAX_FILL_BYTES = 64 * 1024;

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
  /** Silence before and after `+++`, in ms. */
  readonly #guard: number;
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
  readonly #busyUntil: number;
  /** How many answers to `AT` may come before the first one of this. */
  readonly #owed: number;
  readonly #onSilence: (isSilent: boolean) => void;
  /** How long the modem took for the last of them, in ms. */
  #lag = 0;
  #wake: (() => void) | undefined;

  /** @param onSilence told whether the modem answers, as often as that shows */
  constructor(line: ResyncLine, interrupted: Interrupted, onSilence: (isSilent: boolean) => void = () => undefined) {
    this.#line = line;
    this.#guard = line.dataMode.guard;
    this.#givenUp = interrupted.startedAt;
    const { isAnswered = false, tried = [], busyUntil = 0 } = interrupted;
    this.#asked = isAnswered ? [...tried] : [this.#givenUp, ...tried];
    this.#owed = tried.length;
    this.#busyUntil = busyUntil;
    this.#onSilence = onSilence;
    this.#prompt = interrupted.prompt;
    this.#promptSize = interrupted.size;
    this.#missing = interrupted.missing;
    this.#isOpen = interrupted.opened && (interrupted.missing > 0 || interrupted.size === 0);
  }

  /** Resolves with whether the modem answers in step again; with false when it was cancelled. */
  async run(): Promise<boolean> {
    if (this.#owed > 0) await this.#takeOwed();
    await this.#settle(MIN_QUIET_MS);
    let silent = 0;
    let confirmed = 0;
    let outcome: Outcome = "void";
    for (let round = 0; this.#goesOn(round, silent); round += 1) {
      if (this.#isOpen || outcome === "silence") await this.#closePrompt();
      outcome = await this.#probe(PROBE_TIMEOUTS_MS[silent] ?? BUSY_PROBE_MS);
      if (outcome === "silence") silent += 1;
      this.#onSilence(outcome === "silence");
      confirmed = outcome === "ok" ? confirmed + 1 : 0;
      if (outcome === "ok" && (this.isEchoed || confirmed > 1)) return !this.#cancelled;
    }
    return false;
  }

  /** Whether the last probe was echoed, so that what is sent next will be, too. */
  get isEchoed(): boolean {
    return this.#tokens.some(({ type }) => type === "echo");
  }

  #goesOn(rounds: number, silent: number): boolean {
    if (this.#cancelled) return false;
    return (rounds < MAX_PROBE_COUNT && silent < PROBE_TIMEOUTS_MS.length) || now() < this.#busyUntil;
  }

  /** A modem that was busy may answer now what it was sent meanwhile, or have forgotten it. */
  async #takeOwed(): Promise<void> {
    this.#expectProbe();
    const limit = now() + OWED_MS;
    const isOwed = (): boolean => this.#tokens.filter(({ type }) => type === "final").length < this.#owed;
    while (isOwed() && now() < limit && !this.#cancelled) await this.#wait(limit - now());
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
    // More may follow: results that are owed, and the echoes of what is sent.
    if (token.type === "final") this.#expectProbe();
    if (token.type === "prompt" || token.type === "final") this.#wake?.();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#wake?.();
  }

  async #probe(timeout: number): Promise<Outcome> {
    this.#tokens = [];
    this.#expectProbe();
    this.#asked.push(now());
    await this.#write(Buffer.from(`${TRIAL}\r`, "latin1"));
    if (!this.#hasEnded()) await this.#wait(timeout);
    if (!this.#hasEnded()) return "silence";
    await this.#settle(this.#quiet());
    this.#asked = [];
    const [result, ...more] = this.#tokens.filter(({ type }) => type !== "echo");
    // An echo behind the result tells of one more result.
    const isLast = more.length === 0 && this.#tokens.at(-1) === result;
    return result?.type === "final" && result.result.text === "OK" && isLast ? "ok" : "void";
  }

  #expectProbe(): void {
    this.#line.expect({ line: TRIAL, expects: [], ...(this.#prompt === undefined ? {} : { prompt: this.#prompt }) });
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
    // A modem that was in data mode has left it by the first: more silence means something else.
    if (this.#prompt === "CONNECT" && !first && !this.#isOpen) return;
    // The result of what the prompt belongs to comes before that of the next AT.
    if (this.#prompt !== undefined) this.#asked.push(now());
    if (this.#prompt === "CONNECT") await this.#leaveDataMode();
    else if (this.#prompt === "@" || (this.#prompt !== undefined && !first)) await this.#fill();
    else if (this.#prompt !== undefined) await this.#write(ESCAPE_CHARACTER);
    this.#closings += 1;
    this.#isOpen = false;
  }

  async #leaveDataMode(): Promise<void> {
    await this.#wait(this.#guard);
    await this.#write(ESCAPE);
    await this.#wait(this.#guard);
  }

  async #fill(): Promise<void> {
    const count = Math.min(MAX_FILL_BYTES, this.#missing > 0 ? this.#missing : this.#promptSize);
    this.#missing = 0;
    if (count > 0) await this.#write(Buffer.alloc(count, FILLER));
  }

  /** A modem that answers late, one thing after the other, takes about as long again for the next one. */
  #quiet(): number {
    return this.#asked.length === 0 ? MIN_QUIET_MS : Math.min(MAX_QUIET_MS, MIN_QUIET_MS + 1.5 * this.#lag);
  }

  async #settle(quiet: number): Promise<void> {
    const limit = now() + QUIET_LIMIT_MS;
    for (;;) {
      const left = Math.min(this.#line.lastByteAt + quiet, limit) - now();
      if (left <= 0 || this.#cancelled) return;
      await this.#wait(left);
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#cancelled) return;
    const limit = this.#wait(WRITE_LIMIT_MS + 2 * lineTime(bytes.length, this.#line.bytesPerSecond));
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
