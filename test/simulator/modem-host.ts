import type { Duplex } from "node:stream";
import { onTestFinished } from "vitest";
import { closeInProcess, openInProcess, simulatorFor } from "../../simulator/faces/in-process";

/** ms until a modem that says nothing is given up. */
const PATIENCE = 5000;
export const FINAL_RESULT = /\r\n(OK|ERROR|\+CM[ES] ERROR: [^\r\n]*)\r\n/;

let count = 0;

/** A host on the port of a simulated modem, which ends with the test. One character = one byte. */
export class ModemHost {
  readonly #port: string;
  #stream: Duplex;
  #received = "";
  #wake: () => void = () => undefined;

  /** `options` as in a `sim:` port. */
  protected constructor(model: string, options: readonly string[]) {
    count += 1;
    const port = `sim:${model}?${["boot=20", ...options, `name=test-${count}`].join("&")}`;
    this.#port = port;
    this.#stream = this.#open();
    onTestFinished(() => closeInProcess(port));
  }

  /** Goes away and comes back, as a program that was started anew; what it had not taken is gone. */
  async reopen(): Promise<void> {
    const closed = new Promise((resolve) => this.#stream.once("close", resolve));
    this.#stream.destroy();
    await closed;
    this.#received = "";
    this.#stream = this.#open();
  }

  #open(): Duplex {
    const stream = openInProcess(this.#port);
    return stream.on("data", (bytes: Buffer) => {
      this.#received += bytes.toString("latin1");
      this.#wake();
    });
  }

  /** Takes nothing from the line for a while, or goes on. */
  reads(on: boolean): void {
    if (on) this.#stream.resume();
    else this.#stream.pause();
  }

  fault(spec: string): void {
    simulatorFor(this.#port).fault(spec);
  }

  write(data: string | Buffer): void {
    this.#stream.write(typeof data === "string" ? Buffer.from(data, "latin1") : data);
  }

  /** Sends a command line and takes the lines of its answer, the final result last. */
  async command(line: string): Promise<string[]> {
    this.write(`${line}\r`);
    return linesOf(await this.until(FINAL_RESULT));
  }

  /** Takes the next unsolicited line that matches. */
  async urc(pattern: RegExp): Promise<string> {
    return (await this.until(new RegExp(`\\r\\n${pattern.source}[^\\r\\n]*\\r\\n`))).trim();
  }

  /** Takes everything up to the end of a match. */
  async until(pattern: RegExp, patience = PATIENCE): Promise<string> {
    await this.#wait(() => pattern.test(this.#received), `${pattern}`, patience);
    const match = pattern.exec(this.#received);
    return this.#cut((match?.index ?? 0) + (match?.[0].length ?? 0));
  }

  /** Takes so many bytes. */
  async take(length: number, patience = PATIENCE): Promise<string> {
    await this.#wait(() => this.#received.length >= length, `${length} bytes`, patience);
    return this.#cut(length);
  }

  /** Bytes that the line has not taken yet. */
  get unsent(): number {
    return this.#stream.writableLength;
  }

  /** What came in and was not taken. */
  get unread(): string {
    return this.#received;
  }

  #cut(length: number): string {
    const taken = this.#received.slice(0, length);
    this.#received = this.#received.slice(length);
    return taken;
  }

  async #wait(ready: () => boolean, what: string, patience: number): Promise<void> {
    const deadline = performance.now() + patience;
    while (!ready()) {
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`expected ${what}, received ${JSON.stringify(this.#received.slice(0, 500))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

export function linesOf(answer: string): string[] {
  return answer.split("\r\n").filter((part) => part !== "");
}

/** The option that sends a name's traffic to a port of loopback. */
export const route = (name: string, port: number | "*", to: number | "*") => `route=${name}:${port}=127.0.0.1:${to}`;
