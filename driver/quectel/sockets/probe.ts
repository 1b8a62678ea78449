import { unquotable } from "../../at/fields";
import { isModemError } from "../../errors";
import { Deadline } from "../../services/waiting/deadline";
import type { KnownModem } from "../traits";
import { MAX_HOST, openSocket } from "./connect";
import { SocketControl, TCP } from "./control";
import type { SocketNumber, SocketNumbers } from "./numbers";

const OPERATION = "Looking whether the server can be reached";
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
  modem: KnownModem,
  numbers: SocketNumbers,
  target: ProbeTarget,
  timeout: number,
): Promise<boolean | undefined> {
  if (unquotable(target.host, MAX_HOST) !== undefined) return undefined;
  // The last one: the modem gives the connections that it accepts the first that it finds free.
  const number = numbers.last(`looking for ${target.host}`);
  if (number === undefined) return undefined;
  const deadline = new Deadline(timeout, OPERATION);
  // A socket that may yet open is waited for longer than the caller can wait.
  const outcome = probe(modem, number, target, deadline).finally(() => number.release());
  return deadline.race(outcome).catch(() => undefined);
}

async function probe(
  modem: KnownModem,
  number: SocketNumber,
  target: ProbeTarget,
  deadline: Deadline,
): Promise<boolean | undefined> {
  const opening = { operation: OPERATION, family: TCP, service: "TCP", localPort: 0, ...target } as const;
  try {
    await openSocket(modem, number, opening, deadline);
  } catch (error) {
    const isReported = isModemError(error) && error.cause?.errorCode !== undefined;
    return isReported && UNREACHABLE.has(error.code) ? false : undefined;
  }
  if (number.isHeld) await new SocketControl(modem, number.value, TCP).close();
  return true;
}
