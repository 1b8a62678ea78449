import { wordsOf } from "../../../driver/errors";
import { invalid } from "../errors";

/** @throws {ModemError} `INVALID_INPUT` for what JSON has no form for: circles, functions, BigInt */
export function jsonText(value: unknown, field: string): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw invalid(field, `can't be written as JSON: ${wordsOf(error)}`);
  }
  if (text === undefined) throw invalid(field, "can't be written as JSON");
  return text;
}
