import type { Channel } from "../at/channel-types";
import { commandLine, quote, splitFields, toInteger, unquotable } from "../at/fields";
import type { Line } from "../at/line";
import { isModemError } from "../errors";
import { ERRORS } from "./error-tables";
import { commandWithResult } from "./result-urc";
import { SocketCommands, TCP } from "./socket-commands";
import type { SocketNumber, SocketNumbers } from "./socket-numbers";
import { MAX_HOST } from "./socket-open";
import { TIMEOUTS } from "./timeouts";

/** Somebody else has that socket. */
const IN_USE = 563;
/** Buffer access, AT facts 2.2: what the server may say first is not pushed onto the line. */
const BUFFERED = 0;
/** What +QIOPEN reports when there is no way to the server. */
const UNREACHABLE = new Set(["CONNECT_FAILED", "DNS_FAILED", "MODEM_TIMEOUT"]);

export interface ProbeTarget {
  readonly cid: number;
  readonly host: string;
  readonly port: number;
}

/**
 * Opens and closes a TCP connection without sending anything.
 *
 * @param timeout ms
 * @returns whether there is a way to the server; undefined when that can't be found out
 */
export async function canConnect(
  channel: Channel,
  numbers: SocketNumbers,
  target: ProbeTarget,
  timeout: number,
): Promise<boolean | undefined> {
  if (unquotable(target.host, MAX_HOST) !== undefined) return undefined;
  // The last one: the modem gives the connections that it accepts the first that it finds free.
  const number = numbers.last(`looking for ${target.host}`);
  if (number === undefined) return undefined;
  try {
    return await probe(channel, number, target, timeout);
  } finally {
    number.release();
  }
}

async function probe(
  channel: Channel,
  number: SocketNumber,
  { cid, host, port }: ProbeTarget,
  timeout: number,
): Promise<boolean | undefined> {
  const command = commandLine(
    "+QIOPEN=",
    cid,
    number.value,
    quote("TCP", { field: "service", max: 3 }),
    quote(host, { field: "host", max: MAX_HOST }),
    port,
    0,
    BUFFERED,
  );
  const match = (line: Line): number | undefined => {
    const [socket, result] = line.text.startsWith("+QIOPEN:") ? splitFields(line) : [];
    return toInteger(socket) === number.value ? toInteger(result) : undefined;
  };
  const urc = { match, timeout, operation: "Looking whether the server can be reached" };
  // A failed one has to be closed, too (AT facts 2.2).
  const result = await commandWithResult(channel, { ...command, timeout: TIMEOUTS.simple }, urc).then(
    (outcome) => outcome.result,
    // A socket that the modem refuses to open may be somebody else's.
    (error: unknown) => (isModemError(error, "MODEM_REJECTED") ? IN_USE : undefined),
  );
  if (result !== IN_USE && number.isHeld) await new SocketCommands(channel, number.value, TCP).close();
  if (result === 0) return true;
  return result !== undefined && UNREACHABLE.has(ERRORS.get(result)?.code ?? "") ? false : undefined;
}
