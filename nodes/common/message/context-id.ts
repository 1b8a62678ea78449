import { CONTEXT_RANGE } from "../limits";
import type { Message } from "../types";
import { isEmpty, optionalInteger } from "./input";

/**
 * The PDP context of a message, or else of the dialog; undefined for the modem's default one.
 *
 * @throws {ModemError} `INVALID_INPUT`
 */
export function contextId(configured: unknown, message: Message): number | undefined {
  if (!isEmpty(message.cid)) return optionalInteger(message.cid, "msg.cid", CONTEXT_RANGE);
  return optionalInteger(configured, "cid", CONTEXT_RANGE);
}
