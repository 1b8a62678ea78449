import type { Channel } from "../../at/channel-types";
import { type AnswerField, toInteger } from "../../at/fields";
import { parseAddress } from "../../cellular/addresses";
import { askWhole, unlessRejected } from "../../cellular/commands";
import type { SocketAddress, SocketProtocol, SocketStatus } from "../../services/sockets/sockets";
import { query } from "../commands";
import { describeSocketError } from "./errors";

/** Parameters of +USOCTL (guide 5.8). */
export const CONTROL = { type: 0, lastError: 1, bytesSent: 2, remote: 4, state: 10, unacknowledged: 11 } as const;

/** TCP states by their number. */
const STATES = [
  "closed",
  "listen",
  "syn-sent",
  "syn-received",
  "established",
  "fin-wait-1",
  "fin-wait-2",
  "close-wait",
  "closing",
  "last-ack",
  "time-wait",
] as const;
/** `unknown` is a number that is none of them. */
export type TcpState = (typeof STATES)[number] | "unknown";

/**
 * A property of a socket; undefined where the modem refuses to tell, as it does when it has no such socket.
 *
 * @param parse undefined for values that can't be
 * @throws {ModemError} `PROTOCOL_ERROR` for an answer that can't be read: that is not an answer of "no such socket"
 */
async function control<T>(
  channel: Channel,
  number: number,
  parameter: number,
  parse: (...values: AnswerField[]) => T | undefined,
): Promise<T | undefined> {
  const question = query("+USOCTL=", [number, parameter]);
  const whole = ([fields = [], ...more]: readonly (readonly AnswerField[])[]): T | undefined => {
    const [socket, property, ...values] = fields;
    const isIt = toInteger(socket) === number && toInteger(property) === parameter && more.length === 0;
    return isIt ? parse(...values) : undefined;
  };
  return unlessRejected(askWhole(channel, question, whole));
}

/** A property that is a number; undefined where the modem does not tell it. */
export function readNumber(channel: Channel, number: number, parameter: number): Promise<number | undefined> {
  return control(channel, number, parameter, count);
}

/** State of a TCP socket; undefined where the modem has none of that number. */
export function readState(channel: Channel, number: number): Promise<TcpState | undefined> {
  return control(channel, number, CONTROL.state, (value, ...more) => {
    const state = count(value, ...more);
    return state === undefined ? undefined : (STATES[state] ?? "unknown");
  });
}

/** Whether the modem has a socket of that number. */
export async function exists(channel: Channel, number: number): Promise<boolean> {
  return (await control(channel, number, CONTROL.type, count)) !== undefined;
}

/** The peer of a TCP socket. */
export function readRemote(channel: Channel, number: number): Promise<SocketAddress | undefined> {
  return control(channel, number, CONTROL.remote, (ip, port, ...more) =>
    more.length > 0 ? undefined : peer(ip, port),
  );
}

/** An address and a port as the modem prints them; undefined for what is none. */
export function peer(ip: AnswerField | undefined, port: AnswerField | undefined): SocketAddress | undefined {
  const address = ip === undefined ? undefined : parseAddress(ip.text);
  const number = toInteger(port);
  return address === undefined || !(number >= 1 && number <= 65_535) ? undefined : { ip: address, port: number };
}

function count(value: AnswerField | undefined, ...more: AnswerField[]): number | undefined {
  const number = toInteger(value);
  return number >= 0 && more.length === 0 ? number : undefined;
}

/** Bytes that wait to be read (guide 5.5): a read of none. */
function readUnread(channel: Channel, number: number, name: "+USORD" | "+USORF"): Promise<number | undefined> {
  const question = query(`${name}=`, [number, 0]);
  const whole = ([fields = [], ...more]: readonly (readonly AnswerField[])[]): number | undefined => {
    const [socket, unread, ...rest] = fields;
    return more.length === 0 && toInteger(socket) === number ? count(unread, ...rest) : undefined;
  };
  return unlessRejected(askWhole(channel, question, whole));
}

/** Everything that the modem tells of a socket. */
export async function readStatus(channel: Channel, number: number, protocol: SocketProtocol): Promise<SocketStatus> {
  const isTcp = protocol === "tcp";
  const state = isTcp ? await readState(channel, number) : (await exists(channel, number)) ? "open" : undefined;
  if (state === undefined) return { state: "closed" };
  const unacknowledged = isTcp ? await readNumber(channel, number, CONTROL.unacknowledged) : undefined;
  const unread = await readUnread(channel, number, isTcp ? "+USORD" : "+USORF");
  const lastError = describeSocketError((await readNumber(channel, number, CONTROL.lastError)) ?? 0);
  return {
    state,
    ...(unacknowledged === undefined ? {} : { unacknowledged }),
    ...(unread === undefined ? {} : { unread }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}
