import { isModemError, ModemError } from "../errors";
import { ERRORS, type QuectelError } from "./error-tables";

const UNLISTED: QuectelError = { text: "an error that the manuals do not list", code: "MODEM_REJECTED" };

/** Which command or URC reported an error number. */
export interface Report {
  /** What was being done, as the sentence begins: `HTTP GET http://host/`. */
  readonly operation: string;
  /** The command line with secrets masked. */
  readonly command: string;
  /** The modem's line, `+QHTTPGET: 714`. */
  readonly result: string;
}

/** The number of a `+CME ERROR`; undefined for everything else. */
export function errorNumber(error: unknown): number | undefined {
  return isModemError(error, "MODEM_REJECTED") ? error.cause?.errorCode : undefined;
}

/** A number of the modem's as an error in words; one that the table does not know is `MODEM_REJECTED`. */
export function numberedError(
  number: number,
  { operation, command, result }: Report,
  table: ReadonlyMap<number, QuectelError> = ERRORS,
): ModemError {
  const { text, code, remedy } = table.get(number) ?? UNLISTED;
  const advice = remedy === undefined ? "" : `; ${remedy}`;
  const cause = { command, result, errorCode: number, errorText: text };
  return new ModemError(code, `${operation}: ${text} (${number})${advice}`, cause);
}

/** A refused command in the words of the tables; any other error, and a number that they lack, as it is. */
export function translated(error: unknown, operation: string): unknown {
  const number = errorNumber(error);
  if (number === undefined || !ERRORS.has(number) || !isModemError(error)) return error;
  const { command = "", result = `+CME ERROR: ${number}` } = error.cause ?? {};
  return numberedError(number, { operation, command, result });
}
