import type { Command } from "../../at/command";
import { type AnswerField, type Field, splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { askWhole } from "../../cellular/commands";
import { commandWithResult } from "../../cellular/result-urc";
import { isModemError, type ModemError } from "../../errors";
import { command, query } from "../commands";
import type { KnownModem } from "../traits";
import { unreadable } from "./errors";

/** Of a packet that was sent again: its own result follows (AT facts 6). */
const SENT_AGAIN = 1;
/** +QMTCONN? tells it of a client that is logged in. */
const CONNECTED = 3;
const LAST_STATE = 4;
/** What +QMTSUB, +QMTUNS and +QMTPUB report where the packet got no acknowledgement. */
export const FAILED = 2;

/** A command whose result comes by a line of its own name: `<name>: <client>[,<message id>],<result>[,…]`. */
export interface Order {
  readonly name: "+QMTOPEN" | "+QMTCONN" | "+QMTSUB" | "+QMTUNS" | "+QMTPUB" | "+QMTDISC" | "+QMTCLOSE";
  readonly operation: string;
  readonly id?: number;
  readonly parameters?: readonly (Field | number)[];
  readonly options?: Partial<Command>;
  /** ms until the result, from `OK` on. */
  readonly timeout: number;
  /** Ends the wait for the result. */
  readonly signal?: AbortSignal;
}

export interface OrderResult {
  readonly result: number;
  /** What stands behind it. */
  readonly rest: readonly AnswerField[];
  /** The line, for errors, and the command. */
  readonly report: { readonly operation: string; readonly command: string; readonly result: string };
}

export type Closing = "closed" | "refused" | "failed";

/** The commands of one of the modem's MQTT clients (AT facts 6). */
export class MqttClient {
  readonly modem: KnownModem;
  readonly number: number;

  constructor(modem: KnownModem, number: number) {
    this.modem = modem;
    this.number = number;
  }

  /** ms that the modem may take for a packet and its acknowledgement. */
  get packetTime(): number {
    const { limits, timeouts } = this.modem.model;
    return timeouts.mqttPacket * (limits.mqtt.retries + 1) + timeouts.mqttEnd;
  }

  /**
   * Sends an order and waits for its result; lines of the same name may be another client's.
   *
   * @throws {ModemError} `MODEM_REJECTED` where the modem refused it, `MODEM_TIMEOUT` where no result came, or none that
   * can be read; the reason of the signal
   */
  async run(order: Order): Promise<OrderResult> {
    const { name, id, parameters = [], options, operation, timeout, signal } = order;
    const ids = id === undefined ? [this.number] : [this.number, id];
    const sent = command(`${name}=`, [...ids, ...parameters], { utf8: true, ...options });
    const { result } = await commandWithResult(this.modem.channel, sent, {
      match: (line) => resultIn(line, ids, order, sent.label),
      timeout,
      operation,
      evenUnanswered: true,
      onlyAnswered: options?.upload !== undefined,
      ...(signal && { signal }),
    });
    return result;
  }

  /** Closes what is open; what is not, the modem refuses to close. */
  async close(): Promise<Closing> {
    const { timeouts } = this.modem.model;
    const order = { name: "+QMTCLOSE", operation: "Closing an MQTT client", timeout: timeouts.mqttEnd } as const;
    try {
      return (await this.run(order)).result === 0 ? "closed" : "failed";
    } catch (error) {
      if (isModemError(error, "MODEM_REJECTED")) return "refused";
      throw error;
    }
  }

  /**
   * Whether it is logged in. No client may be logging in meanwhile: the result of that has the same form.
   *
   * @throws {ModemError} `PROTOCOL_ERROR` for an answer that can't be read
   */
  async isConnected(): Promise<boolean> {
    const states = await askWhole(this.modem.channel, query("+QMTCONN?"), (lines) => parseStates(lines));
    return states.get(this.number) === CONNECTED;
  }
}

/** Whether a line is the result of that order to that client. */
export function isResultOf(name: Order["name"], client: number): (line: Line) => boolean {
  return (line) => line.text.startsWith(`${name}:`) && toInteger(splitFields(line)[0]) === client;
}

function resultIn(
  line: Line,
  ids: readonly number[],
  { name, operation }: Order,
  sent: string,
): OrderResult | ModemError | undefined {
  if (!line.text.startsWith(`${name}:`)) return undefined;
  const fields = splitFields(line);
  if (ids.some((id, at) => toInteger(fields[at]) !== id)) return undefined;
  const [field, ...rest] = fields.slice(ids.length);
  const result = toInteger(field);
  const report = { operation, command: sent, result: line.text };
  if (Number.isNaN(result)) return unreadable(report);
  return result === SENT_AGAIN && name !== "+QMTOPEN" ? undefined : { result, rest, report };
}

/** By client; undefined where a line is not whole. */
function parseStates(lines: readonly (readonly AnswerField[])[]): ReadonlyMap<number, number> | undefined {
  const states = new Map<number, number>();
  for (const fields of lines) {
    const [client = -1, state = 0] = fields.map(toInteger);
    if (fields.length !== 2 || !(client >= 0) || !(state >= 1 && state <= LAST_STATE)) return undefined;
    states.set(client, state);
  }
  return states;
}
