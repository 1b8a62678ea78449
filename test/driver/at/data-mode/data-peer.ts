import { vi } from "vitest";
import { AtChannel } from "../../../../driver/at/channel/channel";
import type { Command } from "../../../../driver/at/command";
import type { DataLink, DataLinkEnd } from "../../../../driver/at/data-mode/link";
import type { DataModeGrammar, Dialect } from "../../../../driver/at/dialect";
import type { Transport } from "../../../../driver/transport/transport";
import { DIALECT } from "../grammar";
import { bytes } from "../parser/feed";

export const GUARD = 1000;
/** As the two kinds of modem have it. */
export const WORDY: DataModeGrammar = {
  guard: GUARD + 100,
  answer: ["DISCONNECT", "OK"],
  ends: ["DISCONNECT", "NO CARRIER"],
};
export const TERSE: DataModeGrammar = { guard: GUARD + 100, answer: ["OK"], ends: ["NO CARRIER"] };

/**
 * A modem by script that has a data mode and knows the escape sequence as V.250 has it: `+++` alone between two
 * silences. Whatever it takes for data is in `payload`, whatever it takes for commands in `commands`.
 */
export class DataPeer implements Transport {
  readonly name = "peer";
  readonly commands: string[] = [];
  /** Times that `+++` came alone. */
  escapes = 0;
  payload = Buffer.alloc(0);
  /** What it takes for the next escape sequences: not at all, while this is above 0. */
  deaf = 0;
  /** It takes everything and says nothing. */
  dead = false;
  echo = true;
  inData = false;
  /** ms after the second silence. */
  latency = 5;
  readonly answers = new Map<string, string>([["AT", "OK"]]);
  /** Bytes that it prints while it waits for the second silence. */
  late: string | Buffer = "";
  paused = false;
  /** Whether writes are held by flow control. */
  blocked = false;
  #held: (() => void)[] = [];
  #input = "";
  #lastAt = Number.NEGATIVE_INFINITY;
  #pending: NodeJS.Timeout | undefined;
  #listener: (bytes: Buffer) => void = () => undefined;
  #stopped: Buffer[] = [];

  constructor(
    readonly grammar: DataModeGrammar = WORDY,
    readonly bytesPerSecond: number | undefined = undefined,
  ) {}

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    for (const piece of this.#stopped.splice(0)) this.say(piece);
  }

  onData(listener: (bytes: Buffer) => void): void {
    this.#listener = listener;
  }

  onLost(): void {}

  say(text: string | Buffer): void {
    const piece = typeof text === "string" ? bytes(text) : text;
    if (this.paused) this.#stopped.push(piece);
    else this.#listener(piece);
  }

  /** Leaves data mode by itself. */
  hangUp(text: string | Buffer = `\r\n${this.grammar.ends[0]}\r\n`): void {
    this.inData = false;
    clearTimeout(this.#pending);
    this.say(text);
  }

  /** Lets the flow go on: the writes that were held end. */
  unblock(): void {
    this.blocked = false;
    for (const release of this.#held.splice(0)) release();
  }

  write(data: Uint8Array): Promise<void> {
    const silence = performance.now() - this.#lastAt;
    this.#lastAt = performance.now();
    clearTimeout(this.#pending);
    if (data.length === 3) this.escapes += 1;
    const text = Buffer.from(data).toString("latin1");
    if (!this.dead) {
      if (this.inData) this.#takeData(text, silence);
      else this.#takeCommands(text);
    }
    return this.blocked ? new Promise((resolve) => this.#held.push(resolve)) : Promise.resolve();
  }

  #takeData(text: string, silence: number): void {
    const isEscape = text === "+++" && silence >= GUARD;
    if (!isEscape || this.deaf > 0) {
      if (isEscape) this.deaf -= 1;
      this.payload = Buffer.concat([this.payload, bytes(text)]);
      return;
    }
    if (this.late.length > 0) setTimeout(() => this.say(this.late), GUARD / 2);
    this.#pending = setTimeout(() => {
      this.inData = false;
      this.say(this.grammar.answer.map((line) => `\r\n${line}\r\n`).join(""));
    }, GUARD + this.latency);
  }

  #takeCommands(text: string): void {
    if (this.echo) setTimeout(() => this.say(text), 1);
    this.#input += text;
    for (let end = this.#input.indexOf("\r"); end >= 0; end = this.#input.indexOf("\r")) {
      const line = this.#input.slice(0, end);
      this.#input = this.#input.slice(end + 1);
      this.commands.push(line);
      const answer = this.answers.get(line.slice(Math.max(0, line.indexOf("AT")))) ?? "ERROR";
      setTimeout(() => {
        this.say(`\r\n${answer}\r\n`);
        if (answer.startsWith("CONNECT")) this.inData = true;
      }, 2);
    }
  }
}

export const connect = (more: Partial<Command> = {}): Command => ({
  line: "AT+USODL=0",
  label: "AT+USODL=0",
  timeout: 1000,
  ...more,
});

/** What a user of data mode saw. */
export class Seen {
  data = Buffer.alloc(0);
  readonly ends: DataLinkEnd[] = [];
  readonly wanted: boolean[] = [];
  readonly urcs: string[] = [];
  readonly traces: string[] = [];
  readonly boots: string[] = [];
  readonly resynchronised = vi.fn();
  readonly unresponsive = vi.fn();
  take: (data: Buffer) => void | Promise<void> = () => undefined;
  readonly events = {
    onData: (data: Buffer) => {
      this.data = Buffer.concat([this.data, data]);
      return this.take(data);
    },
    onWanted: (patient: boolean) => void this.wanted.push(patient),
    onEnd: (end: DataLinkEnd) => void this.ends.push(end),
  };
}

export interface Opened {
  readonly peer: DataPeer;
  readonly channel: AtChannel;
  readonly seen: Seen;
  readonly link: DataLink;
}

/** With fake timers: a line in data mode. */
export async function inDataMode(peer = new DataPeer(), seen = new Seen(), greeting = "CONNECT"): Promise<Opened> {
  const channel = new AtChannel(peer, {
    onTrace: ({ direction, text }) => seen.traces.push(`${direction} ${text}`),
    onBoot: (line) => seen.boots.push(line),
    onResynchronised: seen.resynchronised,
    onUnresponsive: seen.unresponsive,
  });
  const dialect: Dialect = { ...DIALECT, dataMode: peer.grammar };
  channel.useDialect(dialect);
  channel.onUrc("", ({ text }) => seen.urcs.push(text));
  peer.answers.set("AT+USODL=0", greeting);
  const opening = channel.openData(connect(), seen.events);
  await vi.advanceTimersByTimeAsync(100);
  return { peer, channel, seen, link: await opening };
}
