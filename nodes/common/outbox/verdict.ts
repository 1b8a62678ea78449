import { type ErrorCode, isModemError } from "../../../driver/errors";

/**
 * A message that is refused so often holds up the others for nothing. With the pauses between the attempts it takes two
 * minutes: a modem that refuses everything for a while must not cost messages.
 */
const MOST_REFUSALS = 8;
const NEVER: readonly ErrorCode[] = ["INVALID_INPUT", "NOT_SUPPORTED"];

/**
 * The error of a message that can never be sent; undefined for one that is worth another attempt.
 *
 * @param refusals further codes that say so when they come again and again
 */
export function finalError(error: unknown, attempts: number, refusals: readonly ErrorCode[] = []): Error | undefined {
  if (!isModemError(error)) return undefined;
  if (NEVER.includes(error.code)) return error;
  const isRefusal = error.code === "MODEM_REJECTED" || refusals.includes(error.code);
  return isRefusal && attempts >= MOST_REFUSALS ? error : undefined;
}
