import type { Duplex } from "node:stream";
import { onTestFinished } from "vitest";
import { closeInProcess, openInProcess, simulatorFor } from "../../../simulator/faces/in-process";

/** ms until a modem that says nothing is given up. */
const PATIENCE = 5000;
const FINAL_RESULT = /\r\n(OK|ERROR|\+CME ERROR: [^\r\n]*)\r\n/;

let count = 0;

/** A host on the port of a simulated BG96, which ends with the test. One character = one byte. */
export class Bg96Host {
  #received = "";
  #wake: () => void = () => undefined;

  private constructor(
    private readonly port: string,
    private readonly stream: Duplex,
  ) {
    stream.on("data", (bytes: Buffer) => {
      this.#received += bytes.toString("latin1");
      this.#wake();
    });
  }

  /** `options` as in a `sim:` port. The modem prints error numbers and no echo. */
  static async open(options: readonly string[] = []): Promise<Bg96Host> {
    count += 1;
    const port = `sim:BG96?${["boot=20", ...options, `name=quectel-test-${count}`].join("&")}`;
    const host = new Bg96Host(port, openInProcess(port));
    onTestFinished(() => closeInProcess(port));
    await host.quiet();
    return host;
  }

  /** Without echo and with error numbers, also after a reboot. */
  async quiet(): Promise<void> {
    for (const line of ["ATE0", "AT+CMEE=1"]) await this.command(line);
  }

  /** A host whose context 1 is active. */
  static async online(options: readonly string[] = []): Promise<Bg96Host> {
    const host = await Bg96Host.open(options);
    await host.command("AT+QIACT=1");
    return host;
  }

  fault(spec: string): void {
    simulatorFor(this.port).fault(spec);
  }

  /** Sends a command line and takes the lines of its answer, the final result last. */
  async command(line: string): Promise<string[]> {
    this.write(`${line}\r`);
    return lines(await this.until(FINAL_RESULT));
  }

  /** Sends a command that answers CONNECT, then the data; takes the lines after it, the final result last. */
  async enter(line: string, data: string | Buffer): Promise<string[]> {
    this.write(`${line}\r`);
    const answer = await this.until(/\r\n(CONNECT( \d+)?|ERROR|\+CME ERROR: [^\r\n]*)\r\n/);
    if (!answer.includes("CONNECT")) return lines(answer);
    this.write(data);
    return lines(await this.until(FINAL_RESULT));
  }

  /** Sends a command that answers CONNECT and data; takes everything after CONNECT up to `end`. */
  async dataOf(line: string, end = /\r\n(OK|\+CME ERROR: \d+)\r\n/): Promise<string> {
    this.write(`${line}\r`);
    await this.until(/\r\nCONNECT( \d+)?\r\n/);
    return this.until(end);
  }

  async setUrl(url: string): Promise<string[]> {
    return this.enter(`AT+QHTTPURL=${url.length}`, url);
  }

  /** Takes the next unsolicited line that matches. */
  async urc(pattern: RegExp): Promise<string> {
    return (await this.until(new RegExp(`\\r\\n${pattern.source}[^\\r\\n]*\\r\\n`))).trim();
  }

  write(data: string | Buffer): void {
    this.stream.write(typeof data === "string" ? Buffer.from(data, "latin1") : data);
  }

  /** Takes everything up to the end of a match. */
  async until(pattern: RegExp): Promise<string> {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      const match = pattern.exec(this.#received);
      if (match !== null) return this.#cut(match.index + match[0].length);
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`expected ${pattern}, received ${JSON.stringify(this.#received.slice(0, 500))}`);
      await this.#more(left);
    }
  }

  /** What came in and was not taken. */
  get unread(): string {
    return this.#received;
  }

  #more(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, patience);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #cut(length: number): string {
    const taken = this.#received.slice(0, length);
    this.#received = this.#received.slice(length);
    return taken;
  }
}

function lines(answer: string): string[] {
  return answer.split("\r\n").filter((part) => part !== "");
}

/** The option that sends a name's traffic to a port of loopback. */
export const route = (name: string, port: number | "*", to: number | "*") => `route=${name}:${port}=127.0.0.1:${to}`;

/** All byte values. */
export const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
