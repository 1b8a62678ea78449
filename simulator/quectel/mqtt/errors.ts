import { InternetError } from "../../internet/internet";
import { SocketError } from "../../internet/tcp-udp/tcp-udp";
import type { Call } from "../../line/command";
import { PlainError } from "../../line/results";
import { Parameters } from "../parameters";
import { TcpIpError, TcpIpFailure } from "../tcpip-errors";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The parameters of an MQTT command: whatever is wrong with them, the answer is ERROR. */
export function mqttParameters(call: Call): Parameters {
  return new Parameters(call, () => new PlainError("invalid parameter"));
}

/** A topic or a name as MQTT has it; the line has its bytes. @throws {CommandError} when they are no UTF-8 */
export function asText(bytes: string): string {
  try {
    return UTF8.decode(Buffer.from(bytes, "latin1"));
  } catch {
    throw new PlainError("no UTF-8");
  }
}

/** What the client can't do now. */
export function notNow(why: string): PlainError {
  return new PlainError(why);
}

/** Results of +QMTOPEN (AT facts 6). */
export const OPENED = { failed: -1, ok: 0, parameter: 1, occupied: 2, context: 3, dns: 4, disconnected: 5 } as const;

/** The result of +QMTOPEN for a failure of the network. @throws any other error */
export function openResult(error: unknown): number {
  if (error instanceof TcpIpFailure) return error.reason === TcpIpError.dnsParse ? OPENED.dns : OPENED.context;
  if (error instanceof SocketError || error instanceof InternetError) {
    return error.failure === "dns" ? OPENED.dns : OPENED.failed;
  }
  throw error;
}

/** Codes of +QMTSTAT; after each the client is gone (AT facts 6). */
export const STATUS = {
  closedByPeer: 1,
  pingFailed: 2,
  connectFailed: 3,
  connackFailed: 4,
  disconnected: 5,
  sendingFailed: 6,
  linkNotAlive: 7,
} as const;
