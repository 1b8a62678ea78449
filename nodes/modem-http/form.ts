import { type ParsedUrlQueryInput, stringify } from "node:querystring";
import { invalid } from "../common/errors";

/**
 * An object encoded as a query or a form.
 *
 * @throws {ModemError} `INVALID_INPUT` for a text that UTF-8 can't encode: a lone half of a surrogate pair
 */
export function formText(fields: Readonly<Record<string, unknown>>): string {
  try {
    return stringify(fields as ParsedUrlQueryInput);
  } catch (error) {
    throw invalid("msg.payload", `can't be written as a query or a form: ${(error as Error).message}`);
  }
}
