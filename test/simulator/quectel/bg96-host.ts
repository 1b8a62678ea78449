import { FINAL_RESULT, linesOf, ModemHost } from "../modem-host";

/** A host on the port of a simulated BG96. */
export class Bg96Host extends ModemHost {
  /** `options` as in a `sim:` port. The modem prints error numbers and no echo. */
  static async open(options: readonly string[] = []): Promise<Bg96Host> {
    const host = new Bg96Host("BG96", options);
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

  /** Sends a command that answers CONNECT, then the data; takes the lines after it, the final result last. */
  async enter(line: string, data: string | Buffer): Promise<string[]> {
    this.write(`${line}\r`);
    const answer = await this.until(/\r\n(CONNECT( \d+)?|ERROR|\+CME ERROR: [^\r\n]*)\r\n/);
    if (!answer.includes("CONNECT")) return linesOf(answer);
    this.write(data);
    return linesOf(await this.until(FINAL_RESULT));
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
}
