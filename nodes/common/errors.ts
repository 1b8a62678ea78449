import { ModemError } from "../../driver/errors";

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
    `The context values of the node's template did not arrive within ${limit / 1000} s; nothing was sent`,
  );
}

export function nodeClosed(): ModemError {
  return new ModemError("MODEM_OFFLINE", "The flow was stopped or deployed again before the modem answered");
}
