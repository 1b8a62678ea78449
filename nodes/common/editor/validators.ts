import { withoutBlanks } from "../message/blanks";
import { asciiHost, isIpv6 } from "../message/host-name";
import { sharedText } from "./texts";

/** What Node-RED's published types call a validator. */
export type Validator = (value: string) => boolean;
export type Check = (value: unknown) => true | string;

/**
 * A validator that says what is wrong. The editor accepts a text as the result only from functions with two parameters,
 * which the published types don't know. Accepts environment variables: only the runtime knows their values.
 */
export function validator(check: Check): Validator {
  const validate = (value: unknown, _options: unknown) => hasVariable(String(value)) || check(value);
  return validate as unknown as Validator;
}

/** `${NAME}` somewhere in the text. */
function hasVariable(text: string): boolean {
  const start = text.indexOf("${");
  return start >= 0 && text.indexOf("}", start) > start + 2;
}

/** A credential with a validator for the open dialog; the published types don't know of one. */
export function checked<T extends "text" | "password">(type: T, validate: Validator): { type: T; validate: Validator } {
  return { type, validate };
}

export function isBlank(value: unknown): boolean {
  return value === undefined || value === null || String(value).trim() === "";
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** A whole number, or nothing where `optional`. */
export function wholeNumber({ min, max }: Range, { optional = false } = {}): Validator {
  return validator((value) => {
    if (isBlank(value)) return optional || sharedText("validation.required");
    const number = Number(value);
    if (Number.isInteger(number) && number >= min && number <= max) return true;
    return sharedText("validation.wholeNumber", { min, max });
  });
}

/** A number that may have a fraction. */
export function decimalNumber({ min, max }: Range): Validator {
  return validator((value) => {
    const number = Number(value);
    if (!isBlank(value) && number >= min && number <= max) return true;
    return sharedText("validation.number", { min, max });
  });
}

export function oneOf(allowed: readonly string[]): Validator {
  return validator(
    (value) => allowed.includes(String(value)) || sharedText("validation.oneOf", { allowed: allowed.join(", ") }),
  );
}

/** What a quoted string of a command can carry: printable ASCII without quotation marks. */
export function quotable(max: number): Validator {
  return validator((value) => {
    if (isBlank(value)) return true;
    if (String(value).length > max) return sharedText("validation.tooLong", { max });
    return /^[\x20-\x21\x23-\x7e]*$/.test(String(value)) || sharedText("validation.quotable");
  });
}

/** A template whose tags are closed; only the runtime knows its result. */
export function template(): Validator {
  return validator((value) => {
    const text = String(value ?? "").replace(/\{\{\{[^{}]*\}\}\}|\{\{[^{}]*\}\}/g, "");
    return !(text.includes("{{") || text.includes("}}")) || sharedText("validation.template");
  });
}

/** The name or the address of a server by the rules of the runtime, a template for one, or nothing. */
export function host(): Validator {
  const isTemplate = template() as unknown as Check;
  return validator((value) => {
    const text = withoutBlanks(String(value ?? ""));
    if (text === "" || text.includes("{{") || text.includes("}}")) return isTemplate(value);
    return asciiHost(text) !== undefined || sharedText("validation.host");
  });
}

/** An IP address or nothing. */
export function ipAddress(): Validator {
  return validator((value) => {
    if (isBlank(value)) return true;
    return isAddress(String(value)) || sharedText("validation.ipAddress");
  });
}

export function isAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text.trim());
}

function isIpv4(text: string): boolean {
  const parts = text.trim().split(".");
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}
