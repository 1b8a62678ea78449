import { invalid } from "../common/errors";
import {
  isEmpty,
  optionalBytes,
  optionalChoice,
  optionalInteger,
  optionalText,
  pick,
  requiredText,
  withoutBlanks,
} from "../common/input";
import type { Message } from "../common/types";
import { type ModemSocketProperties, SOCKET_ACTIONS, SOCKET_RANGES } from "./types";

/** Whom to connect to, or whom a datagram is for. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** One of the node's sockets, as a message names it: by the number, and by the peer that it is meant to have. */
export interface SocketChoice {
  readonly number: number | undefined;
  readonly ip: string | undefined;
  readonly port: number | undefined;
}

/** A checked request: what to do and with what. */
export interface SocketRequest {
  readonly action: (typeof SOCKET_ACTIONS)[number] | "send";
  /** Of `send`. */
  readonly data: Buffer;
  /** undefined where neither the dialog nor the message names one. */
  readonly target: Target | undefined;
  readonly choice: SocketChoice;
}

/** Templates that can be filled in without a message. */
const WITHOUT_MESSAGE = /^(?:[^{]|\{(?!\{)|\{\{\{?&?\s*(?:env|flow|global)\b[^{}]*\}\}\}?)*$/;
/** Numbers of sockets, of the model that has most (BG96: 0–11). */
const SOCKET_NUMBERS = { min: 0, max: 255 } as const;

type Render = (template: string, field: string) => Promise<string>;

/** Whether the dialog alone says whom to connect to. */
export function namesTarget({ host, port }: ModemSocketProperties): boolean {
  return [host, port].every((value) => !isEmpty(value) && WITHOUT_MESSAGE.test(String(value)));
}

/** @throws {ModemError} `INVALID_INPUT` */
export async function socketRequest(
  properties: ModemSocketProperties,
  message: Message,
  render: Render,
): Promise<SocketRequest> {
  const action = optionalChoice(message.action, "msg.action", SOCKET_ACTIONS) ?? "send";
  const data = action === "send" ? bytes(message.payload) : Buffer.alloc(0);
  const isNeeded = action === "send" || action === "connect";
  return {
    action,
    data,
    target: isNeeded ? await socketTarget(properties, message, render) : undefined,
    choice: socketChoice(properties, message),
  };
}

/** Texts, Buffers, and as in the core nodes numbers and truth values as their texts. */
function bytes(payload: unknown): Buffer {
  const value = typeof payload === "number" || typeof payload === "boolean" ? String(payload) : payload;
  const data = optionalBytes(value, "msg.payload");
  if (data === undefined || data.length === 0) throw invalid("msg.payload", "is missing: there is nothing to send");
  return data;
}

/** The dialog's, or what the message names. A listening UDP socket answers whom the message came from. */
export async function socketTarget(
  properties: ModemSocketProperties,
  message: Message,
  render: Render,
): Promise<Target | undefined> {
  const { role, protocol } = properties;
  if (role === "listen" && protocol !== "udp") return undefined;
  const host = pick("host", properties.host, message.host);
  const isAnswer = role === "listen" && isEmpty(host.value);
  if (isAnswer) host.value = message.ip;
  const text = optionalText(host.value, isAnswer ? "msg.ip" : host.field);
  if (text === undefined) return undefined;
  const port = pick("port", properties.port, message.port);
  const number = port.field === "port" ? await render(requiredText(port.value, "port"), "port") : port.value;
  const checked = optionalInteger(number, port.field, SOCKET_RANGES.port);
  if (checked === undefined) throw invalid(port.field, "is missing: enter a port in the node or send one");
  // Only the dialog's text is a template: what comes in a message is data.
  const name = host.field === "host" ? await render(text, "host") : text;
  return { host: hostName(withoutBlanks(name), isAnswer ? "msg.ip" : host.field), port: checked };
}

function hostName(text: string, field: string): string {
  if (text === "") throw invalid(field, "is empty");
  if (!/^[\x21\x23-\x7e]{1,255}$/.test(text)) {
    throw invalid(field, "must be a name or an address: printable ASCII without blanks and quotation marks");
  }
  return text;
}

function socketChoice({ role, protocol }: ModemSocketProperties, message: Message): SocketChoice {
  if (role !== "listen" || protocol === "udp") return { number: undefined, ip: undefined, port: undefined };
  const number = optionalInteger(message.socket, "msg.socket", SOCKET_NUMBERS);
  if (number === undefined) return { number, ip: undefined, port: undefined };
  return {
    number,
    ip: optionalText(message.ip, "msg.ip"),
    port: optionalInteger(message.port, "msg.port", SOCKET_RANGES.port),
  };
}
