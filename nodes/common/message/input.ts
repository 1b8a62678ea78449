import { invalid } from "../errors";
import { withoutBlanks } from "./blanks";
import { bytesOf } from "./bytes";
import { asciiHost } from "./host-name";

/** Characters of a text that goes into a command: more than any modem takes. */
export const LONGEST_TEXT = 10_000;
/** Characters of a number that is given as a text. */
const LONGEST_NUMBER = 32;

/** A property that was not filled in. */
export function isEmpty(value: unknown): value is undefined | null | "" {
  return value === undefined || value === null || value === "";
}

/** The dialog's value, or the message's if the dialog is empty, with the field name to use in errors. */
export function pick(name: string, configured: unknown, fromMessage: unknown): { value: unknown; field: string } {
  return isEmpty(configured) ? { value: fromMessage, field: `msg.${name}` } : { value: configured, field: name };
}

/**
 * undefined when empty; a number counts as its digits. Measured here, before anything looks into it.
 *
 * @throws {ModemError} `INVALID_INPUT`
 */
export function optionalText(value: unknown, field: string, max: number = LONGEST_TEXT): string | undefined {
  if (isEmpty(value)) return undefined;
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (typeof value !== "string") throw invalid(field, "must be a text");
  return notTooLong(value, field, max);
}

/** @throws {ModemError} `INVALID_INPUT` */
export function notTooLong(text: string, field: string, max: number = LONGEST_TEXT): string {
  if (text.length > max) throw invalid(field, `is too long: ${text.length} characters, at most ${max}`);
  return text;
}

/**
 * @param remedy tells where to fill it in; completes the sentence
 * @throws {ModemError} `INVALID_INPUT` if it is empty or not a text
 */
export function requiredText(value: unknown, field: string, remedy = "", max: number = LONGEST_TEXT): string {
  const text = optionalText(value, field, max);
  if (text === undefined) throw invalid(field, `is missing${remedy}`);
  return text;
}

/** A server as the modem is told it. @throws {ModemError} `INVALID_INPUT` for what is neither a name nor an address */
export function hostName(text: string, field: string): string {
  const bare = withoutBlanks(text);
  if (bare === "") throw invalid(field, "is missing");
  const host = asciiHost(bare);
  if (host === undefined) throw invalid(field, "must be the name or the address of a server, such as example.com");
  return host;
}

export interface NumberRange {
  readonly min: number;
  readonly max: number;
}

/**
 * undefined when empty. Digits count as a number: environment variables and dialogs give texts.
 *
 * @throws {ModemError} `INVALID_INPUT`
 */
export function optionalInteger(value: unknown, field: string, { min, max }: NumberRange): number | undefined {
  if (isEmpty(value)) return undefined;
  const number = isShort(value) && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isSafeInteger(number) || number < min || number > max) {
    throw invalid(field, `must be a whole number from ${min} to ${max}`);
  }
  return number;
}

function isShort(value: unknown): value is string {
  return typeof value === "string" && value.length <= LONGEST_NUMBER;
}

/** As `optionalInteger`, for seconds and the like that may have a fraction. @throws {ModemError} `INVALID_INPUT` */
export function optionalNumber(value: unknown, field: string, { min, max }: NumberRange): number | undefined {
  if (isEmpty(value)) return undefined;
  const number = isShort(value) && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || !(number >= min && number <= max)) {
    throw invalid(field, `must be a number from ${min} to ${max}`);
  }
  return number;
}

/** undefined when empty; a number counts as its digits. @throws {ModemError} `INVALID_INPUT` */
export function optionalChoice<T extends string>(value: unknown, field: string, allowed: readonly T[]): T | undefined {
  if (isEmpty(value)) return undefined;
  const text = typeof value === "number" ? String(value) : value;
  const found = allowed.find((choice) => choice === text);
  if (found === undefined) throw invalid(field, `must be one of ${allowed.join(", ")}`);
  return found;
}

/**
 * `fallback` when empty; accepts the texts of environment variables, "true" and "false".
 * @throws {ModemError} `INVALID_INPUT`
 */
export function flag(value: unknown, field: string, fallback: boolean): boolean {
  if (isEmpty(value)) return fallback;
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw invalid(field, "must be true or false");
}

/** undefined when empty; a text as UTF-8. @throws {ModemError} `INVALID_INPUT` */
export function optionalBytes(value: unknown, field: string): Buffer | undefined {
  if (isEmpty(value)) return undefined;
  const bytes = typeof value === "string" ? Buffer.from(value, "utf8") : bytesOf(value);
  if (bytes === undefined) throw invalid(field, "must be a text or a Buffer");
  return bytes;
}

/** Whether a value is a plain JSON object: not an array, Buffer, Date or instance of another class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}
