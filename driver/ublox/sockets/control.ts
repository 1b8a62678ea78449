import type { Channel } from "../../at/channel-types";
import { type AnswerField, toInteger } from "../../at/fields";
import { ask, unlessRejected } from "../../cellular/commands";
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

/** A property of a socket; undefined where the modem refuses to tell, as it does when it has no such socket. */
async function control(channel: Channel, number: number, parameter: number): Promise<AnswerField[] | undefined> {
  const question = query("+USOCTL=", [number, parameter]);
  const answer = await unlessRejected(ask(channel, question));
  return answer?.[0]?.slice(2);
}

/** A property that is a number; undefined where the modem does not tell it. */
export async function readNumber(channel: Channel, number: number, parameter: number): Promise<number | undefined> {
  const value = toInteger((await control(channel, number, parameter))?.[0]);
  return Number.isNaN(value) ? undefined : value;
}

/** State of a TCP socket; undefined where the modem has none of that number. */
export async function readState(channel: Channel, number: number): Promise<TcpState | undefined> {
  const fields = await control(channel, number, CONTROL.state);
  return fields === undefined ? undefined : (STATES[toInteger(fields[0])] ?? "unknown");
}

/** Whether the modem has a socket of that number. */
export async function exists(channel: Channel, number: number): Promise<boolean> {
  return (await control(channel, number, CONTROL.type)) !== undefined;
}

/** The peer of a TCP socket. */
export async function readRemote(channel: Channel, number: number): Promise<SocketAddress | undefined> {
  const [ip, port] = (await control(channel, number, CONTROL.remote)) ?? [];
  return ip === undefined || ip.text === "" ? undefined : { ip: ip.text, port: toInteger(port) };
}

/** Bytes that wait to be read (guide 5.5): a read of none. */
async function readUnread(channel: Channel, number: number, name: "+USORD" | "+USORF"): Promise<number | undefined> {
  const question = query(`${name}=`, [number, 0]);
  const fields = (await unlessRejected(ask(channel, question)))?.[0];
  const unread = toInteger(fields?.[1]);
  return Number.isNaN(unread) ? undefined : unread;
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
