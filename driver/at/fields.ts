import { ModemError } from "../errors";
import type { Line } from "./line";

/** A value on its way into a command line: as the modem gets it, and as people may see it. */
export interface Field {
  readonly wire: string;
  readonly shown: string;
}

export interface QuoteOptions {
  /** Name of the property in error messages, as the flow's author knows it. */
  readonly field: string;
  /** Most characters the command takes. */
  readonly max: number;
  /** Never shown in logs, traces and errors. */
  readonly secret?: boolean;
  /** Characters beyond ASCII go as UTF-8, and `max` counts bytes; the command says so, too (`utf8`). */
  readonly utf8?: boolean;
}

const MASK = '"***"';

/**
 * The one way a text becomes part of a command line.
 *
 * The base syntax has no escape: what a quoted string can't carry is refused, and never alters the command.
 *
 * @throws {ModemError} `INVALID_INPUT`, naming the field
 */
export function quote(value: string, { field, max, secret = false, utf8 = false }: QuoteOptions): Field {
  const reason = utf8 ? unquotableUtf8(value, max) : unquotable(value, max);
  if (reason !== undefined) throw new ModemError("INVALID_INPUT", `${field} ${reason}`);
  // One character of a line is one byte. It is shown so as well, since a label has to fit its line.
  const wire = `"${utf8 ? Buffer.from(value).toString("latin1") : value}"`;
  return { wire, shown: secret ? MASK : wire };
}

/** Why a value can't stand in quotation marks, or undefined when it can. */
export function unquotable(value: string, max: number): string | undefined {
  if (value.length > max) return `is too long: ${value.length} characters, at most ${max}`;
  if (value.includes('"')) return "contains a quotation mark, which an AT command can't carry";
  if (/[^\x20-\x7e]/.test(value))
    return "contains a control character or one outside ASCII, which an AT command can't carry";
  return undefined;
}

/** The same for a value that goes as UTF-8. */
function unquotableUtf8(value: string, max: number): string | undefined {
  // A character has one byte for each of its code units at least.
  const bytes = value.length > max ? value.length : Buffer.byteLength(value);
  if (bytes > max) return `is too long: ${bytes} bytes, at most ${max}`;
  if (value.includes('"')) return "contains a quotation mark, which an AT command can't carry";
  if (/\p{Cc}/u.test(value)) return "contains a control character, which an AT command can't carry";
  if (/\p{Cs}/u.test(value)) return "contains half a surrogate pair, which is no character";
  return undefined;
}

/** A whole number within its range. @throws {ModemError} `INVALID_INPUT`, naming the field */
export function integer(value: number, { field, min, max }: { field: string; min: number; max: number }): number {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new ModemError("INVALID_INPUT", `${field} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

/**
 * Puts a command line together: `commandLine("+UHTTP=", 0, 1, quote(host, …))` is `AT+UHTTP=0,1,"host"`.
 *
 * Texts enter only as a `Field`, numbers only when they are safe integers. `undefined` leaves a parameter empty.
 */
export function commandLine(
  name: string,
  ...parameters: (Field | number | undefined)[]
): { line: string; label: string } {
  const fields = parameters.map(toField);
  return {
    line: `AT${name}${fields.map((field) => field.wire).join(",")}`,
    label: `AT${name}${fields.map((field) => field.shown).join(",")}`,
  };
}

function toField(parameter: Field | number | undefined): Field {
  if (parameter === undefined) return { wire: "", shown: "" };
  if (typeof parameter !== "number") return parameter;
  const digits = String(
    integer(parameter, { field: "number", min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
  );
  return { wire: digits, shown: digits };
}

/** A field of an answer. */
export interface AnswerField {
  /** Without quotation marks and surrounding blanks; empty where the modem left it out. */
  readonly text: string;
  readonly quoted: boolean;
  /** The bytes of a counted string. */
  readonly data?: Buffer;
  /** Whether they are not what the modem sent. */
  readonly damaged?: true;
}

/** Splits what stands behind the prefix of a line; commas inside quotation marks don't count. */
export function splitFields(line: Line): AnswerField[] {
  return rawFields(line).fields.map((raw, index) => {
    const field = answerField(raw.trim());
    const counted = line.data.find((string) => string.field === index);
    if (counted === undefined) return field;
    return { ...field, data: counted.bytes, ...(counted.damaged === undefined ? {} : { damaged: counted.damaged }) };
  });
}

/** The line as the modem printed it, its counted strings included: one character is one byte. */
export function wholeText(line: Line): string {
  if (line.data.length === 0) return line.text;
  const { prefix, fields } = rawFields(line);
  const whole = fields.map((raw, index) => {
    const counted = line.data.find((string) => string.field === index);
    return counted === undefined ? raw : raw.replace('""', () => `"${counted.bytes.toString("latin1")}"`);
  });
  return prefix + whole.join(",");
}

/** The same, and the text of a message that follows it, as lines of their own. */
export function wholeTexts(line: Line): string[] {
  return line.body === undefined ? [wholeText(line)] : [wholeText(line), line.body];
}

function rawFields({ text }: Line): { prefix: string; fields: string[] } {
  const colon = text.startsWith("+") ? text.indexOf(":") : -1;
  const fields = text.slice(colon + 1).match(/(?:"[^"]*"?|[^,"])+|(?<=,|^)(?=,|$)/g) ?? [];
  return { prefix: text.slice(0, colon + 1), fields };
}

function answerField(raw: string): AnswerField {
  if (!raw.startsWith('"')) return { text: raw, quoted: false };
  const text = raw.endsWith('"') && raw.length > 1 ? raw.slice(1, -1) : raw.slice(1);
  return { text, quoted: true };
}

/** The field as a whole number; NaN where it is none. */
export function toInteger(field: AnswerField | undefined): number {
  return field !== undefined && /^-?\d+$/.test(field.text) ? Number(field.text) : Number.NaN;
}
