import type { Transport } from "../../../../driver/transport/transport";
import { bytes } from "../parser/feed";

type Reply = string | Buffer | ((written: string) => string | Buffer | undefined);

/** A transport whose other end is played by the test. Bytes arrive when the test says so, or by a rule at once. */
export class FakeLine implements Transport {
  readonly name = "fake";
  readonly written: Buffer[] = [];
  /** While set, writes don't end: the flow is stopped. */
  blocked = false;
  #held: (() => void)[] = [];
  readonly #rules: { applies: (written: string) => boolean; reply: Reply }[] = [];
  #listener: (bytes: Buffer) => void = () => undefined;
  #failure: Error | undefined;

  constructor(readonly bytesPerSecond: number | undefined = undefined) {}

  get text(): string {
    return Buffer.concat(this.written).toString("latin1");
  }

  /** Everything written since the last call. */
  take(): string {
    const text = this.text;
    this.written.length = 0;
    return text;
  }

  /** Answers writes that match, or contain, the pattern; later rules go first. */
  on(pattern: RegExp | string, reply: Reply): this {
    const applies = (written: string): boolean =>
      typeof pattern === "string" ? written.includes(pattern) : pattern.test(written);
    this.#rules.unshift({ applies, reply });
    return this;
  }

  say(text: string | Buffer): void {
    this.#listener(typeof text === "string" ? bytes(text) : text);
  }

  break(error: Error): void {
    this.#failure = error;
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  pause(): void {}

  resume(): void {}

  write(data: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const piece = Buffer.from(data);
    this.written.push(piece);
    const text = piece.toString("latin1");
    const rule = this.#rules.find(({ applies }) => applies(text));
    const reply = typeof rule?.reply === "function" ? rule.reply(text) : rule?.reply;
    if (reply !== undefined) this.say(reply);
    return this.blocked ? new Promise((resolve) => this.#held.push(resolve)) : Promise.resolve();
  }

  /** Lets the flow go on: the writes that were held end. */
  unblock(): void {
    this.blocked = false;
    for (const release of this.#held.splice(0)) release();
  }

  onData(listener: (bytes: Buffer) => void): void {
    this.#listener = listener;
  }

  onLost(): void {}
}
