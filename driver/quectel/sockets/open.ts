import type { Channel } from "../../at/channel-types";
import type { Command } from "../../at/command";
import { quote, splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { commandWithResult } from "../../cellular/result-urc";
import { isModemError, type ModemError } from "../../errors";
import type { Deadline } from "../../services/waiting/deadline";
import { command } from "../commands";
import { numberedError, translated } from "../failure";
import { TIMEOUTS } from "../timeouts";
import { SocketCommands, type SocketFamily } from "./commands";
import type { SocketNumber } from "./numbers";

/** Characters of a host that +QIOPEN takes. */
export const MAX_HOST = 150;
/** Access modes (AT facts 2.2): data wait in the modem until they are read, or the line carries nothing else. */
export const BUFFERED = 0;
export const TRANSPARENT = 2;

/** What is opened, checked. */
export interface Opening {
  /** As messages begin: `TCP connection to host, port 7`. */
  readonly operation: string;
  readonly family: SocketFamily;
  readonly cid: number;
  /** Of a connection over TLS. */
  readonly sslContext?: number;
  readonly service: "TCP" | "UDP SERVICE" | "TCP LISTENER";
  readonly host: string;
  readonly port: number;
  /** 0: the modem's own choice, for TCP. */
  readonly localPort: number;
}

/**
 * Opens a socket by +QIOPEN or +QSSLOPEN, and closes it when that fails: a failed one has to be, too (AT facts 2.2).
 *
 * @throws {ModemError} in the words of the table of errors; the deadline's reason
 */
export async function openSocket(
  channel: Channel,
  number: SocketNumber,
  opening: Opening,
  deadline: Deadline,
): Promise<void> {
  deadline.signal.throwIfAborted();
  const { operation, family } = opening;
  const { name, order } = openCommand(number.value, opening, BUFFERED);
  const match = resultOf(name, number.value, operation, order.label);
  let reported = false;
  const wait = {
    match: (line: Line) => {
      const result = match(line);
      reported ||= result !== undefined;
      return result;
    },
    timeout: deadline.remaining + TIMEOUTS.late,
    operation,
    signal: deadline.signal,
  };
  try {
    await commandWithResult(channel, order, wait);
  } catch (error) {
    const commands = new SocketCommands(channel, number.value, family);
    // One that was accepted meanwhile has the number now.
    const close = async (): Promise<boolean> => !number.isHeld || commands.close();
    // What the modem refuses to open may be somebody else's.
    const isRefused = isModemError(error, "MODEM_REJECTED") && !reported;
    if (reported && !isInUse(error)) await close();
    if (!reported && !isRefused && !isModemGone(error)) await abandon(channel, close, match);
    throw translated(error, operation);
  }
}

/** Whether somebody else has that number. */
export function isInUse(error: unknown): boolean {
  return isModemError(error) && error.cause?.errorCode === 563;
}

/** Whether there is no modem that a socket could be closed on. */
export function isModemGone(error: unknown): boolean {
  return isModemError(error, "MODEM_RESTARTED") || isModemError(error, "MODEM_OFFLINE");
}

export function openCommand(
  number: number,
  { cid, sslContext, service, host, port, localPort }: Opening,
  mode: typeof BUFFERED | typeof TRANSPARENT,
): { name: string; order: Command } {
  const server = quote(host, { field: "host", max: MAX_HOST });
  if (sslContext !== undefined) {
    const name = "+QSSLOPEN";
    return { name, order: command(`${name}=`, [cid, sslContext, number, server, port, mode]) };
  }
  const name = "+QIOPEN";
  const kind = quote(service, { field: "service", max: 12 });
  return { name, order: command(`${name}=`, [cid, number, kind, server, port, localPort, mode]) };
}

function resultOf(name: string, number: number, operation: string, command: string) {
  return (line: Line): true | ModemError | undefined => {
    const [socket, result] = line.text.startsWith(`${name}:`) ? splitFields(line) : [];
    if (toInteger(socket) !== number) return undefined;
    const error = toInteger(result);
    return error === 0 ? true : numberedError(error, { operation, command, result: line.text });
  };
}

/** Closes a socket that may yet open: where the modem will not hear of it now, once its result has come. */
async function abandon(channel: Channel, close: () => Promise<boolean>, match: (line: Line) => unknown): Promise<void> {
  const late = channel.waitForUrc(match, { timeout: TIMEOUTS.connect, operation: "Giving up a connection" });
  try {
    if (await close()) return;
    late.start();
    await late.promise.then(close, () => undefined);
  } finally {
    late.cancel();
  }
}
