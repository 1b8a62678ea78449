import type { Channel } from "../at/channel-types";
import { commandLine, quote, splitFields, toInteger, unquotable } from "../at/fields";
import type { Line } from "../at/line";
import { isModemError } from "../errors";
import { ERRORS } from "./error-tables";
import { commandWithResult } from "./result-urc";
import { TIMEOUTS } from "./timeouts";

/** Characters of a host that +QIOPEN takes. */
const MAX_HOST = 150;
/** The last of the twelve sockets: sockets are taken from the first on. */
const SOCKET = 11;
/** Somebody else has that socket. */
const IN_USE = 563;
/** Buffer access, AT facts 2.2: what the server may say first is not pushed onto the line. */
const BUFFERED = 0;
/** s that closing may hold the line; there is nothing to deliver. */
const CLOSING = 1;
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
  { cid, host, port }: ProbeTarget,
  timeout: number,
): Promise<boolean | undefined> {
  if (unquotable(host, MAX_HOST) !== undefined) return undefined;
  const command = commandLine(
    "+QIOPEN=",
    cid,
    SOCKET,
    quote("TCP", { field: "service", max: 3 }),
    quote(host, { field: "host", max: MAX_HOST }),
    port,
    0,
    BUFFERED,
  );
  const match = (line: Line): number | undefined => {
    const [socket, result] = line.text.startsWith("+QIOPEN:") ? splitFields(line) : [];
    return toInteger(socket) === SOCKET ? toInteger(result) : undefined;
  };
  const urc = { match, timeout, operation: "Looking whether the server can be reached" };
  const result = await commandWithResult(channel, { ...command, timeout: TIMEOUTS.simple }, urc).then(
    (outcome) => outcome.result,
    // A socket that the modem refuses to open may be somebody else's.
    (error: unknown) => (isModemError(error, "MODEM_REJECTED") ? IN_USE : undefined),
  );
  if (result !== IN_USE) await close(channel);
  if (result === 0) return true;
  return result !== undefined && UNREACHABLE.has(ERRORS.get(result)?.code ?? "") ? false : undefined;
}

/** A failed one has to be closed, too (AT facts 2.2); firmware that refuses has nothing to close. */
async function close(channel: Channel): Promise<void> {
  const command = commandLine("+QICLOSE=", SOCKET, CLOSING);
  await channel.send({ ...command, timeout: TIMEOUTS.simple + CLOSING * 1000 }).catch(() => undefined);
}
