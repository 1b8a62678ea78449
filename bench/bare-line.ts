import { setTimeout as delay } from "node:timers/promises";
import { AtChannel } from "../driver/at/channel/channel";
import type { Upload } from "../driver/at/command";
import { type AnswerField, commandLine, type Field, splitFields, toInteger } from "../driver/at/fields";
import { ModemError } from "../driver/errors";
import { TcpTransport } from "../driver/transport/tcp";
import { LARA_R6_DIALECT } from "../driver/ublox/dialect";

/** ms */
const ANSWER = 10_000;
const REGISTRATION = 30_000;

type Parameter = Field | number;

/** A text in quotation marks as it is, long ones as well. */
export const quoted = (wire: string): Field => ({ wire: `"${wire}"`, shown: "<text>" });

/** LARA-R6 on a line without a driver above the channel: one command after the other, as they are asked for. */
export class BareLine {
  readonly #transport: TcpTransport;
  readonly #channel: AtChannel;

  private constructor(transport: TcpTransport) {
    this.#transport = transport;
    this.#channel = new AtChannel(transport);
    this.#channel.useDialect(LARA_R6_DIALECT);
  }

  /** Resolves when the modem has a data connection. */
  static async open(port: number, baud: number): Promise<BareLine> {
    const transport = new TcpTransport(`tcp://127.0.0.1:${port}`, baud / 10);
    const line = new BareLine(transport);
    await transport.open();
    await line.send("", []);
    await line.#registered();
    await line.send("+CGACT=", [1, 1]);
    return line;
  }

  /** @returns the fields of the information line that begins with the command's name; none where there is no such line */
  async send(name: string, parameters: readonly Parameter[], upload?: Upload): Promise<readonly AnswerField[]> {
    const { lines } = await this.#channel.send({
      ...commandLine(name, ...parameters),
      expects: [{ prefix: `${name.replace(/[=?]$/, "")}:` }],
      timeout: ANSWER,
      ...(upload && { upload }),
    });
    return lines[0] === undefined ? [] : splitFields(lines[0]);
  }

  /** The number of a socket that is connected to the far end. */
  async connect(host: string, port: number): Promise<number> {
    const number = toInteger((await this.send("+USOCR=", [6]))[0]);
    await this.send("+USOCO=", [number, quoted(host), port]);
    return number;
  }

  async hexMode(on: boolean): Promise<void> {
    await this.send("+UDCONF=", [1, on ? 1 : 0]);
    // In hex mode a count is of bytes, two digits each, and the string holds nothing that could end it early.
    const counted = LARA_R6_DIALECT.counted.filter(({ prefix }) => !(on && prefix === "+USORD:"));
    this.#channel.useDialect({ ...LARA_R6_DIALECT, counted });
  }

  async close(): Promise<void> {
    this.#channel.close(new ModemError("MODEM_OFFLINE", "closed"));
    await this.#transport.close();
  }

  async #registered(): Promise<void> {
    for (const end = Date.now() + REGISTRATION; Date.now() < end; await delay(200)) {
      const state = toInteger((await this.send("+CEREG?", []))[1]);
      if (state === 1 || state === 5) return;
    }
    throw new Error("the modem does not register");
  }
}
