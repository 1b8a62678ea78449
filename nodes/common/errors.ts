import { inSeconds, ModemError, NotReadyError, shortened } from "../../driver/errors";

/** An `INVALID_INPUT` that names the field as the flow's author knows it, e.g. `msg.count`. */
export function invalid(field: string, reason: string): ModemError {
  return new ModemError("INVALID_INPUT", `${field} ${reason}`);
}

export function notConfigured(): ModemError {
  return new ModemError("INVALID_INPUT", "No modem is selected, or it is disabled: choose one in the node's dialog");
}

export function queueFull(limit: number): ModemError {
  return new ModemError(
    "MODEM_BUSY",
    `${limit} messages already wait for the modem: send fewer, or raise the queue limit of the modem`,
  );
}

/** @param limit ms */
export function notPrepared(limit: number): ModemError {
  return new ModemError(
    "MODEM_TIMEOUT",
    `The context values of the node's template did not arrive within ${inSeconds(limit)}; nothing was sent`,
  );
}

/** Characters of what a message asked for, such as a URL. */
const LONGEST_OPERATION = 120;
/** ms; a message that could not even begin to wait has not waited. */
const NO_WAIT_MS = 500;

/**
 * A message's own error from what kept its modem from being ready; any other error stays as it is.
 *
 * @param waited ms
 */
export function waitedInVain(operation: string, modem: string, waited: number, error: unknown): unknown {
  if (!(error instanceof NotReadyError)) return error;
  const wait = waited < NO_WAIT_MS ? "it can't wait" : `waited ${inSeconds(waited)}`;
  const what = shortened(operation, LONGEST_OPERATION);
  return new ModemError(error.code, `${what} was not sent: ${wait} for modem ${modem}, ${error.reason}`, error.cause);
}

export function nodeClosed(): ModemError {
  return new ModemError("MODEM_OFFLINE", "The flow was stopped or deployed again before the modem answered");
}
