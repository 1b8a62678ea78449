import type { Channel } from "../../at/channel-types";
import { Priority } from "../../at/command";
import { toInteger } from "../../at/fields";
import { ask, unlessRejected } from "../../cellular/commands";
import { type ErrorCode, ModemError, type ModemErrorCause } from "../../errors";
import { query } from "../commands";
import type { ErrorMeaning } from "../error-tables";

const meaning = (code: ErrorCode, text: string): ErrorMeaning => ({ code, text });

/** Codes of +USOER and of +USOCTL=…,1 (guide 5.8): those of Linux. 0 and 11 say nothing about the cause. */
const SOCKET_ERRORS: ReadonlyMap<number, ErrorMeaning> = new Map([
  [5, meaning("CONNECT_FAILED", "input or output error")],
  [9, meaning("MODEM_REJECTED", "there is no such socket")],
  [12, meaning("MODEM_REJECTED", "the modem is out of memory")],
  [13, meaning("MODEM_REJECTED", "permission denied")],
  [22, meaning("INVALID_INPUT", "invalid argument")],
  [32, meaning("CONNECTION_CLOSED", "the connection is closed")],
  [90, meaning("INVALID_INPUT", "message too long")],
  [97, meaning("INVALID_INPUT", "this kind of address is not supported")],
  [98, meaning("MODEM_BUSY", "the local port is in use")],
  [99, meaning("INVALID_INPUT", "the local address is not available")],
  [100, meaning("NO_CONNECTION", "the data connection is down")],
  [101, meaning("NO_CONNECTION", "the network is unreachable")],
  [103, meaning("CONNECT_FAILED", "the connection was aborted")],
  [104, meaning("CONNECTION_CLOSED", "the connection was reset by the peer")],
  [105, meaning("MODEM_REJECTED", "the modem has no buffer left")],
  [106, meaning("MODEM_REJECTED", "the socket is connected already")],
  [107, meaning("CONNECTION_CLOSED", "the socket is not connected")],
  [110, meaning("CONNECT_FAILED", "the connection timed out")],
  [111, meaning("CONNECT_FAILED", "the connection was refused")],
  [113, meaning("CONNECT_FAILED", "the host is unreachable")],
]);

/** The modem's queue has no room, where it says so. */
export const WOULD_BLOCK = 11;
/** Of a connection attempt: the server broke it off. */
const RESET = 104;

/** What a number of +USOER or +USOCTL=…,1 means; undefined for 0, which is no error. */
export function describeSocketError(code: number): string | undefined {
  if (code === 0) return undefined;
  if (code === WOULD_BLOCK) return "the operation would block";
  return SOCKET_ERRORS.get(code)?.text ?? `error ${code}`;
}

/** The last error of any socket operation; undefined where the modem does not tell. */
export async function readLastError(channel: Channel): Promise<number | undefined> {
  const question = query("+USOER", [], { priority: Priority.Urgent });
  const code = toInteger((await unlessRejected(ask(channel, question)))?.[0]?.[0]);
  return Number.isNaN(code) ? undefined : code;
}

/**
 * What the modem refused, with +USOER's reason, which is asked for right behind it.
 *
 * @param fallback where +USOER tells nothing of use
 */
export async function socketFailure(
  channel: Channel,
  operation: string,
  refusal: ModemError,
  fallback: ErrorCode = "MODEM_REJECTED",
): Promise<ModemError> {
  const number = await readLastError(channel);
  return socketError(operation, refusal, number, fallback);
}

export function socketError(
  operation: string,
  refusal: ModemError,
  number: number | undefined,
  fallback: ErrorCode,
): ModemError {
  const known = number === undefined ? undefined : SOCKET_ERRORS.get(number);
  const text = known?.text ?? (number === undefined ? undefined : describeSocketError(number)) ?? "no reason given";
  const suffix = number === undefined || number === 0 ? "" : ` (socket error ${number})`;
  const cause: ModemErrorCause = {
    ...refusal.cause,
    ...(number === undefined ? {} : { errorCode: number }),
    errorText: text,
  };
  return new ModemError(known?.code ?? fallback, `${operation} failed: ${text}${suffix}`, cause);
}

/** Whether a connection failed for a reason that needs no further search: the network's or the peer's. */
export function isDecisive(number: number | undefined, secure: boolean): boolean {
  if (number === undefined || !SOCKET_ERRORS.has(number)) return false;
  // Reset while TLS was being agreed on.
  return !(secure && number === RESET);
}

/** For every later use of a connection that is over. */
export function connectionClosed(operation: string, why = "the peer closed the connection"): ModemError {
  return new ModemError("CONNECTION_CLOSED", `${operation}: ${why}`);
}
