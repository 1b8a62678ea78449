import type { Duplex } from "node:stream";
import { onTestFinished } from "vitest";
import { closeInProcess, openInProcess, simulatorFor } from "../../../simulator/faces/in-process";

/** ms until a modem that says nothing is given up. */
const PATIENCE = 5000;
const FINAL_RESULT = /\r\n(OK|ERROR|\+CME ERROR: [^\r\n]*)\r\n/;

let count = 0;

/** A host on the port of a simulated LARA-R6, which ends with the test. One character = one byte. */
export class LaraHost {
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

  /** `options` as in a `sim:` port. The modem has context 1 active, verbose errors and no echo. */
  static async open(options: readonly string[] = []): Promise<LaraHost> {
    count += 1;
    const port = `sim:LARA-R6?${["boot=20", ...options, `name=ublox-test-${count}`].join("&")}`;
    const host = new LaraHost(port, openInProcess(port));
    onTestFinished(() => closeInProcess(port));
    for (const line of ["ATE0", "AT+CMEE=2", "AT+CGACT=1,1"]) await host.command(line);
    return host;
  }

  /** +CFUN=16, until the modem answers again; without echo and with verbose errors, as `open` left it. */
  async reboot(): Promise<void> {
    await this.command("AT+CFUN=16");
    await this.untilBooted();
  }

  async untilBooted(): Promise<void> {
    for (let answered = false; !answered; ) {
      this.write("AT\r");
      answered = await this.wait(() => FINAL_RESULT.test(this.#received), "OK", 20).then(
        () => true,
        () => false,
      );
    }
    this.#received = "";
    for (const line of ["ATE0", "AT+CMEE=2"]) await this.command(line);
  }

  fault(spec: string): void {
    simulatorFor(this.port).fault(spec);
  }

  /** Sends a command line and takes the lines of its answer, the final result last. */
  async command(line: string): Promise<string[]> {
    this.write(`${line}\r`);
    const answer = await this.until(FINAL_RESULT);
    return answer.split("\r\n").filter((part) => part !== "");
  }

  /** Sends a command that prompts, then the data, and takes the final result. */
  async upload(line: string, data: Buffer): Promise<string> {
    this.write(`${line}\r`);
    await this.until(/\r\n>/);
    this.write(data);
    return (await this.until(FINAL_RESULT)).trim();
  }

  /** Sends +URDFILE or +URDBLOCK and takes the counted bytes. */
  async read(line: string): Promise<Buffer> {
    this.write(`${line}\r`);
    const head = await this.until(/\r\n\+URD(?:FILE|BLOCK): "?[^",]*"?,(\d+),"/);
    const length = Number(/,(\d+),"$/.exec(head)?.[1]);
    const data = await this.take(length);
    await this.until(/^"\r\n\r\nOK\r\n/);
    return Buffer.from(data, "latin1");
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
    await this.wait(() => pattern.test(this.#received), `${pattern}`);
    const match = pattern.exec(this.#received);
    return this.cut((match?.index ?? 0) + (match?.[0].length ?? 0));
  }

  /** What came in and was not taken. */
  get unread(): string {
    return this.#received;
  }

  private async take(length: number): Promise<string> {
    await this.wait(() => this.#received.length >= length, `${length} bytes`);
    return this.cut(length);
  }

  private cut(length: number): string {
    const taken = this.#received.slice(0, length);
    this.#received = this.#received.slice(length);
    return taken;
  }

  private async wait(ready: () => boolean, what: string, patience = PATIENCE): Promise<void> {
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

/** The option that sends a name's traffic to a port of loopback. */
export const route = (name: string, port: number, to: number) => `route=${name}:${port}=127.0.0.1:${to}`;
