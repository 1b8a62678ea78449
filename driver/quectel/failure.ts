import { isModemError, ModemError } from "../errors";
import type { QuectelError } from "./error-tables";

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

/** A number of one of the tables as an error in words; one that no table knows is `MODEM_REJECTED`. */
export function numberedError(
  table: ReadonlyMap<number, QuectelError>,
  number: number,
  { operation, command, result }: Report,
): ModemError {
  const known = table.get(number);
  const text = known?.text ?? "an error that the guide does not list";
  const remedy = known?.remedy === undefined ? "" : `; ${known.remedy}`;
  const cause = { command, result, errorCode: number, errorText: text };
  return new ModemError(known?.code ?? "MODEM_REJECTED", `${operation}: ${text} (${number})${remedy}`, cause);
}

/** A refused command in the words of `table`; any other error, and any other number, as it is. */
export function translated(error: unknown, table: ReadonlyMap<number, QuectelError>, operation: string): unknown {
  const number = errorNumber(error);
  if (number === undefined || !table.has(number) || !isModemError(error)) return error;
  const { command = "", result = `+CME ERROR: ${number}` } = error.cause ?? {};
  return numberedError(table, number, { operation, command, result });
}
