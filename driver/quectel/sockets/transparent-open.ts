import type { Channel } from "../../at/channel-types";
import { type Command, Priority } from "../../at/command";
import { quote, splitFields, toInteger } from "../../at/fields";
import { trySend } from "../../cellular/commands";
import { isModemError, type ModemError } from "../../errors";
import type { Deadline } from "../../services/waiting/deadline";
import { command, query } from "../commands";
import { ERRORS } from "../error-tables";
import { numberedError, translated } from "../errors";
import { LATE_MS } from "../timeouts";
import type { KnownModem, QuectelTraits } from "../traits";
import { isInUse, isModemGone, type Opening, openCommand, TRANSPARENT } from "./connect";
import { SocketControl, type SocketFamily, TLS } from "./control";
import type { SocketNumber } from "./numbers";

/**
 * When transparent access sends a packet (AT facts 2.2): full ones, or what has come when the host has been silent for
 * so many tenths of a second. +QICFG is the whole modem's, and lost when it restarts.
 */
const PACKETS = { transpktsize: 1460, transwaittm: 1 } as const;

/** Firmware that refuses it has its own: 1024 bytes, 0.2 s. */
export async function setPackets(channel: Channel, signal: AbortSignal): Promise<void> {
  for (const [name, value] of Object.entries(PACKETS)) {
    await trySend(channel, command("+QICFG=", [quote(name, { field: "name", max: 12 }), value], { signal }));
  }
}

/**
 * Opens a socket in transparent access mode: `CONNECT` once it is open (AT facts 2.2, 3.2). The modem holds the line until
 * it knows, however long the caller waits; one that opens too late is the caller's to close.
 */
export function directOpening(
  { timeouts }: QuectelTraits,
  number: number,
  opening: Opening,
  deadline: Deadline,
): Command {
  const { order } = openCommand(number, opening, TRANSPARENT);
  const handshake = opening.family === TLS ? timeouts.negotiate : 0;
  return { ...order, timeout: timeouts.connect + handshake + LATE_MS, signal: deadline.signal };
}

/**
 * Enters transparent access mode again. A plain socket is named; over TLS there is only ATO, which means the connection
 * that was in it last.
 */
export function directReentry(number: number, family: SocketFamily): Command {
  return family === TLS ? command("O") : command("+QISWTMD=", [number, TRANSPARENT]);
}

/**
 * Closes what an opening that failed left behind: a failed one has to be, too (AT facts 2.2).
 *
 * @returns why it failed, in the words of the table of errors
 */
export async function clearFailed(
  modem: KnownModem,
  number: SocketNumber,
  { operation, family }: Opening,
  error: unknown,
): Promise<unknown> {
  if (isModemGone(error)) return error;
  const reason = isModemError(error, "MODEM_REJECTED") ? await explain(modem.channel, operation, error) : error;
  const isOurs = number.isHeld && !isInUse(reason);
  if (isOurs) await new SocketControl(modem, number.value, family, Priority.Normal).close();
  return reason;
}

/** The plain ERROR of transparent access mode says nothing; +QIGETERROR does, until the next error (AT facts 2.2). */
async function explain(channel: Channel, operation: string, error: ModemError): Promise<unknown> {
  const known = translated(error, operation);
  if (known !== error) return known;
  const question = query("+QIGETERROR", [], { priority: Priority.Urgent });
  const { lines } = await channel.send(question).catch(() => ({ lines: [] }));
  const [line] = lines;
  const reported = line === undefined ? Number.NaN : toInteger(splitFields(line)[0]);
  if (line === undefined || !ERRORS.has(reported)) return error;
  return numberedError(reported, { operation, command: error.cause?.command ?? "", result: line.text });
}
