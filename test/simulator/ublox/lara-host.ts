import { FINAL_RESULT, ModemHost } from "../modem-host";

/** A host on the port of a simulated LARA-R6. */
export class LaraHost extends ModemHost {
  /** `options` as in a `sim:` port. The modem has context 1 active, verbose errors and no echo. */
  static async open(options: readonly string[] = []): Promise<LaraHost> {
    const host = new LaraHost("LARA-R6", options);
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
      answered = await this.until(FINAL_RESULT, 20).then(
        () => true,
        () => false,
      );
    }
    await this.take(this.unread.length);
    for (const line of ["ATE0", "AT+CMEE=2"]) await this.command(line);
    // On a busy machine earlier probes are answered late: what comes before this answer was theirs.
    this.write("AT+CMEE?\r");
    await this.until(/\+CMEE: 2\r\n\r\nOK\r\n/);
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
}
