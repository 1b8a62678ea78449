import { type ParsedUrlQueryInput, stringify } from "node:querystring";
import { invalid } from "../common/errors";

/**
 * An object as a query or a form has it.
 *
 * @throws {ModemError} `INVALID_INPUT` for a text that UTF-8 has no bytes for: half a character, where one was cut
 */
export function formText(fields: Readonly<Record<string, unknown>>): string {
  try {
    return stringify(fields as ParsedUrlQueryInput);
  } catch (error) {
    throw invalid("msg.payload", `can't be written as a query or a form: ${(error as Error).message}`);
  }
}
