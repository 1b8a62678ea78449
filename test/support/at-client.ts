import { connect } from "node:net";
import type { Duplex } from "node:stream";

/** How a command ended. */
export interface AtAnswer {
  /** Information lines, without the line breaks; one character is one byte. */
  readonly lines: readonly string[];
  /** The final result: `OK`, `ERROR`, `+CME ERROR: …`, or what `until` matched. */
  readonly result: string;
}

interface Waiter {
  /** Looks at the text so far; something when it has what it waits for. */
  readonly look: () => boolean;
  readonly reject: (reason: Error) => void;
}

const FINAL = /^(OK|ERROR|\+CM[ES] ERROR: .*|NO CARRIER|CONNECT.*)$/;

/**
 * A plain AT client for tests of simulated modems: it knows line breaks and final results, and nothing else. What comes
 * while no command waits, or matches a prefix in `urcPrefixes`, is kept in `urcs`.
 */
export class AtClient {
  readonly urcs: string[] = [];
  /** Everything that came, for tests of single bytes. */
  received = "";
  #text = "";
  readonly #waiters = new Set<Waiter>();
  #waitingForAnswer = false;
  #ended: Error | undefined;
  readonly #options: { readonly urcPrefixes?: readonly string[]; readonly timeout?: number };

  constructor(
    readonly stream: Duplex,
    options: { readonly urcPrefixes?: readonly string[]; readonly timeout?: number } = {},
  ) {
    this.#options = options;
    stream.on("data", (chunk: Buffer) => {
      const text = chunk.toString("latin1");
      this.received += text;
      this.#text += text;
      this.#changed();
    });
    stream.on("error", (error) => this.#end(error));
    stream.on("close", () => this.#end(new Error("the line was closed")));
  }

  static async tcp(port: number, host = "127.0.0.1"): Promise<AtClient> {
    const socket = connect(port, host);
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new AtClient(socket);
  }

  /** Sends a line and collects what comes up to the final result (or to a line that `until` matches). */
  async send(line: string, until: RegExp = FINAL): Promise<AtAnswer> {
    this.#takeUrcs();
    this.#waitingForAnswer = true;
    this.write(`${line}\r`);
    const lines: string[] = [];
    try {
      return await this.#wait(`the result of ${line}`, () => {
        for (let next = this.#takeLine(); next !== undefined; next = this.#takeLine()) {
          if (until.test(next)) return { lines, result: next };
          if (this.#isUrc(next)) this.urcs.push(next);
          else if (next !== line && next !== "") lines.push(next);
        }
        return undefined;
      });
    } finally {
      this.#waitingForAnswer = false;
      this.#takeUrcs();
    }
  }

  /** Sends a line and resolves when the prompt stands there. */
  async sendForPrompt(line: string, prompt: ">" | "@" | "CONNECT"): Promise<void> {
    this.#takeUrcs();
    this.#waitingForAnswer = true;
    this.write(`${line}\r`);
    const wanted = prompt === "CONNECT" ? /\r\nCONNECT\r\n/ : new RegExp(`\\r\\n${prompt} ?$`);
    await this.#wait(`the prompt of ${line}`, () => {
      const match = wanted.exec(this.#text);
      if (match === null) return undefined;
      this.#text = this.#text.slice(match.index + match[0].length);
      return true;
    });
  }

  /** Sends bytes at a prompt and collects up to the final result. */
  async data(bytes: Buffer | string, until: RegExp = FINAL): Promise<AtAnswer> {
    this.write(bytes);
    const lines: string[] = [];
    return await this.#wait("the result of the upload", () => {
      for (let next = this.#takeLine(); next !== undefined; next = this.#takeLine()) {
        if (until.test(next)) {
          this.#waitingForAnswer = false;
          return { lines, result: next };
        }
        if (next !== "") lines.push(next);
      }
      return undefined;
    });
  }

  /** Takes exactly that many bytes, as in data mode or after an announced length. */
  bytes(count: number): Promise<Buffer> {
    return this.#wait(`${count} bytes`, () => {
      if (this.#text.length < count) return undefined;
      const taken = Buffer.from(this.#text.slice(0, count), "latin1");
      this.#text = this.#text.slice(count);
      return taken;
    });
  }

  /** Takes everything up to and with a match. */
  through(pattern: RegExp): Promise<string> {
    return this.#wait(String(pattern), () => {
      const match = pattern.exec(this.#text);
      if (match === null) return undefined;
      const taken = this.#text.slice(0, match.index + match[0].length);
      this.#text = this.#text.slice(taken.length);
      return taken;
    });
  }

  /** Resolves with the next unsolicited line that matches, also one that has come already. */
  urc(pattern: RegExp): Promise<string> {
    return this.#wait(`an unsolicited ${pattern}`, () => {
      this.#takeUrcs();
      const index = this.urcs.findIndex((line) => pattern.test(line));
      return index < 0 ? undefined : this.urcs.splice(index, 1)[0];
    });
  }

  write(bytes: Buffer | string): void {
    this.stream.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  close(): void {
    this.stream.destroy();
  }

  #isUrc(line: string): boolean {
    return (this.#options.urcPrefixes ?? []).some((prefix) => line.startsWith(prefix));
  }

  #takeUrcs(): void {
    if (this.#waitingForAnswer) return;
    for (let line = this.#takeLine(); line !== undefined; line = this.#takeLine())
      if (line !== "") this.urcs.push(line);
  }

  #takeLine(): string | undefined {
    const end = this.#text.search(/[\r\n]/);
    if (end < 0) return undefined;
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end).replace(/^(?:\r\n|\r|\n)/, "");
    return line;
  }

  #wait<T>(what: string, look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const timeout = this.#options.timeout ?? 5000;
      const waiter: Waiter = {
        look: () => {
          const found = look();
          if (found !== undefined) finish(() => resolve(found));
          return found !== undefined;
        },
        reject: (reason) => finish(() => reject(reason)),
      };
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        settle();
      };
      const timer = setTimeout(() => {
        waiter.reject(new Error(`${what} did not come in ${timeout} ms; here is ${JSON.stringify(this.#text)}`));
      }, timeout);
      this.#waiters.add(waiter);
      if (!waiter.look() && this.#ended !== undefined) waiter.reject(this.#ended);
    });
  }

  #changed(): void {
    for (const waiter of [...this.#waiters]) waiter.look();
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    for (const waiter of [...this.#waiters]) waiter.reject(reason);
  }
}
