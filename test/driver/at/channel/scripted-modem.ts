import { vi } from "vitest";
import { AtChannel } from "../../../../driver/at/channel/channel";
import type { Command } from "../../../../driver/at/command";
import type { ModemError } from "../../../../driver/errors";
import { DIALECT } from "../grammar";
import { bytes } from "../parser/feed";
import { FakeLine } from "./fake-line";

/** A modem by script, silent when told to, whose answers can be made to come late. */
export class ScriptedModem {
  readonly line = new FakeLine();
  readonly unresponsive = vi.fn();
  readonly boots: string[] = [];
  readonly commands: string[] = [];
  echo = true;
  /** ms between a command line and its answer. */
  latency = 5;
  silent = false;
  /** Lines whose next answer gets lost on the way, with the echo. */
  readonly lost = new Set<string>();
  /** ms that the modem is busy with a line, and how it takes what comes meanwhile. */
  readonly busy = new Map<string, number>();
  meanwhile: "later" | "forgets" | "echoes" | "breaks off" = "later";
  readonly silences: boolean[] = [];
  /** Bytes that an open prompt still waits for. */
  wanted = 0;
  /** What the open prompt got. */
  taken = Buffer.alloc(0);
  readonly channel = new AtChannel(this.line, {
    onUnresponsive: this.unresponsive,
    onBoot: (text) => this.boots.push(text),
    onSilence: (isSilent) => this.silences.push(isSilent),
  });
  /** Prompts by command: what is printed, and the bytes it then takes. */
  readonly prompts = new Map<string, { readonly text: string; readonly size: number }>();
  readonly answers = new Map<string, string>([["AT", "OK"]]);
  #input = "";
  #free = 0;
  #busyUntil = 0;
  #pending: NodeJS.Timeout | undefined;

  constructor() {
    this.channel.useDialect(DIALECT);
    this.line.on("", (text) => {
      this.#input += text;
      while (this.#takeData() || this.#takeLine());
      return undefined;
    });
  }

  #takeData(): boolean {
    if (this.wanted === 0 || this.#input === "") return false;
    const data = bytes(this.#input.slice(0, this.wanted));
    this.#input = this.#input.slice(this.wanted);
    this.taken = Buffer.concat([this.taken, data]);
    this.wanted -= data.length;
    if (this.wanted === 0) this.#later("\r\nOK\r\n");
    return true;
  }

  #takeLine(): boolean {
    const end = this.#input.indexOf("\r");
    if (this.wanted > 0 || end < 0) return false;
    const line = this.#input.slice(0, end);
    this.#input = this.#input.slice(end + 1);
    this.commands.push(line);
    if (this.silent) return true;
    const isBusy = performance.now() < this.#busyUntil;
    if (isBusy && this.meanwhile === "forgets") return true;
    if (isBusy && this.meanwhile === "breaks off") {
      clearTimeout(this.#pending);
      this.#busyUntil = 0;
      this.#free = performance.now();
      this.#later("\r\nERROR\r\n");
      return true;
    }
    if (this.lost.delete(line)) return true;
    const prompt = this.prompts.get(line);
    const answer = prompt === undefined ? `${this.answers.get(line.trim()) ?? "ERROR"}\r\n` : prompt.text;
    this.wanted = prompt?.size ?? 0;
    const echo = this.echo ? `${line}\r` : "";
    const duration = this.busy.get(line);
    if (duration !== undefined) {
      this.line.say(echo);
      this.#free = Math.max(this.#free, performance.now()) + duration;
      this.#busyUntil = this.#free;
      this.#later(`\r\n${answer}`);
    } else if (isBusy && this.meanwhile === "echoes") {
      this.line.say(echo);
      this.#later(`\r\n${answer}`);
    } else this.#later(`${echo}\r\n${answer}`);
    return true;
  }

  /** One thing at a time, in order. */
  #later(text: string): void {
    this.#free = Math.max(this.#free, performance.now()) + this.latency;
    this.#pending = setTimeout(() => this.line.say(text), this.#free - performance.now());
  }
}

export const command = (line: string, more: Partial<Command> = {}): Command => ({
  line,
  label: line,
  timeout: 1000,
  expects: [{ prefix: "+X:" }],
  ...more,
});
export const outcome = (work: Promise<{ lines: readonly { text: string }[] }>): Promise<string> =>
  work.then(
    ({ lines }) => lines.map(({ text }) => text).join("|"),
    (error: ModemError) => error.code,
  );

/** With fake timers: a modem that has answered once. */
export async function answeringModem(): Promise<ScriptedModem> {
  const modem = new ScriptedModem();
  const work = modem.channel.send(command("AT"));
  await vi.advanceTimersByTimeAsync(50);
  await work;
  modem.commands.length = 0;
  return modem;
}
