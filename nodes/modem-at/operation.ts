import type { Node } from "node-red";
import type { ModemHandle, ReadyOptions } from "../../driver/modem-types";
import type { Job, Operation } from "../common/controller";
import { invalid } from "../common/errors";
import { withoutAtEnd, withoutBlanks } from "../common/message/blanks";
import {
  isEmpty,
  optionalBytes,
  optionalChoice,
  optionalNumber,
  optionalText,
  pick,
  requiredText,
} from "../common/message/input";
import { renderTemplate } from "../common/message/template";
import type { Message, ObservableModem, Runtime } from "../common/types";
import { parseLine } from "./lines";
import { AT_RETURN_TYPES, AT_TIMEOUT_RANGE, type ModemAtProperties } from "./types";
import { relayUrcs, urcPrefixes } from "./urcs";

interface AtRequest {
  readonly command: string;
  readonly data: Buffer | undefined;
  /** ms */
  readonly timeout: number;
  readonly parsed: boolean;
}

const DEFAULT_TIMEOUT_S = 60;

export class AtOperation implements Operation<AtRequest, void> {
  readonly #RED: Runtime;
  readonly #node: Node;
  readonly #properties: ModemAtProperties;

  constructor(RED: Runtime, node: Node, properties: ModemAtProperties) {
    this.#RED = RED;
    this.#node = node;
    this.#properties = properties;
  }

  /** Returns a function that stops it. @throws {ModemError} `INVALID_INPUT` if the dialog can't be used */
  start(modem: ObservableModem): () => void {
    const prefixes = urcPrefixes(this.#properties.urcs);
    return relayUrcs(modem, prefixes, (message) => this.#node.send([null, { ...message }]));
  }

  async prepare(message: Message): Promise<AtRequest> {
    const seconds = optionalNumber(this.#properties.timeout, "timeout", AT_TIMEOUT_RANGE) ?? DEFAULT_TIMEOUT_S;
    const ret = optionalChoice(this.#properties.ret, "ret", AT_RETURN_TYPES) ?? "lines";
    return {
      command: await this.#command(message),
      data: optionalBytes(message.data, "msg.data"),
      timeout: 1000 * seconds,
      parsed: ret === "parsed",
    };
  }

  /** Its name only: what follows may be a PIN. */
  describe({ command }: AtRequest): string {
    return /^(?:AT)?[^\w\s]?[A-Z]*/i.exec(command)?.[0].toUpperCase() ?? "";
  }

  /** Raw commands go out as soon as the line answers: they serve to look for the cause of a problem. */
  acquire(modem: ModemHandle, wait: ReadyOptions): Promise<void> {
    return modem.lineReady(wait);
  }

  async perform(request: AtRequest, { modem, signal }: Job<void>): Promise<Partial<Message>> {
    const { command, data, timeout, parsed } = request;
    const answer = await modem.execute(command, { timeout, signal, ...(data === undefined ? {} : { data }) });
    const { result, lines } = answer;
    return { payload: { result, lines: parsed ? lines.map(parseLine) : lines } };
  }

  async #command(message: Message): Promise<string> {
    const { value, field } = pick("command", this.#properties.command, message.command);
    if (isEmpty(value) && isEmpty(message.payload)) {
      throw invalid("command", "is missing: enter one in the node, or send it as msg.command or msg.payload");
    }
    if (isEmpty(value)) return commandLine(message.payload, "msg.payload");
    const template = optionalText(value, field) ?? "";
    if (field !== "command") return commandLine(template, field);
    return commandLine(await renderTemplate(this.#RED, this.#node, { template, field, message }), field);
  }
}

/** One command line, without the line end of a text from a file or a terminal. */
function commandLine(value: unknown, field: string): string {
  const line = withoutBlanks(withoutAtEnd(requiredText(value, field), " \t\r\n"));
  if (/\p{Cc}/u.test(line)) throw invalid(field, "contains a control character: it must be a single line");
  return requiredText(line, field);
}
