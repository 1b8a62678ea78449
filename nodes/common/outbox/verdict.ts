import { type ErrorCode, isModemError } from "../../../driver/errors";

/** A message that the modem refuses so often holds up the others for nothing. */
const MOST_REFUSALS = 3;
const NEVER: readonly ErrorCode[] = ["INVALID_INPUT", "NOT_SUPPORTED"];

/**
 * The error of a message that can never be sent; undefined for one that is worth another attempt.
 *
 * @param never further codes that no attempt will change
 */
export function finalError(error: unknown, attempts: number, never: readonly ErrorCode[] = []): Error | undefined {
  if (!isModemError(error)) return undefined;
  if (error.code === "MODEM_REJECTED") return attempts >= MOST_REFUSALS ? error : undefined;
  return [...NEVER, ...never].includes(error.code) ? error : undefined;
}
