import { invalid } from "../common/errors";
import { bytesOf } from "../common/message/bytes";
import { contextId } from "../common/message/context-id";
import {
  hostName,
  isEmpty,
  optionalBytes,
  optionalChoice,
  optionalInteger,
  optionalText,
  pick,
  requiredText,
} from "../common/message/input";
import { jsonText } from "../common/message/json";
import { needsMessage } from "../common/message/template";
import type { Message } from "../common/types";
import { type ModemSocketProperties, SOCKET_ACTIONS, SOCKET_RANGES } from "./types";

/** The peer to connect to or to send a datagram to. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** One of the node's sockets as named in a message: by its number and the peer it should have. */
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
  /** undefined if neither the dialog nor the message names one. */
  readonly target: Target | undefined;
  readonly choice: SocketChoice;
  /** The context that the message names; undefined: the dialog's, or the modem's default one. */
  readonly cid: number | undefined;
}

/** The numbers that a modem may give a socket; the node knows which of them are open. */
const SOCKET_NUMBERS = { min: 0, max: 255 } as const;

type Render = (template: string, field: string) => Promise<string>;

/** Whether the dialog alone names the peer. */
export function namesTarget({ host, port }: ModemSocketProperties): boolean {
  return [host, port].every((value) => !isEmpty(value) && !needsMessage(String(value)));
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
    cid: contextId(undefined, message),
  };
}

/** Texts and bytes; numbers and booleans as their texts, objects as JSON, as in the core nodes. */
function bytes(payload: unknown): Buffer {
  const isObject = typeof payload === "object" && payload !== null && bytesOf(payload) === undefined;
  const value = typeof payload === "number" || typeof payload === "boolean" ? String(payload) : payload;
  const data = optionalBytes(isObject ? jsonText(payload, "msg.payload") : value, "msg.payload");
  if (data === undefined || data.length === 0) throw invalid("msg.payload", "is missing: there is nothing to send");
  return data;
}

/** From the dialog or the message. A listening UDP socket answers the sender of the message. */
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
  // Only the dialog's text is a template; values in a message are data.
  const name = host.field === "host" ? await render(text, "host") : text;
  return { host: hostName(name, isAnswer ? "msg.ip" : host.field), port: checked };
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
