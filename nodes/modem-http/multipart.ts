import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import { invalid } from "../common/errors";
import { bytesOf } from "../common/message/bytes";
import { isEmpty, notTooLong } from "../common/message/input";
import { jsonText } from "../common/message/json";
import { typeOfFile } from "./media-type";

/** A part before it is written. */
interface Part {
  readonly content: Buffer;
  readonly filename?: string;
  readonly contentType?: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** RFC 2046 5.1.1. */
const BOUNDARY = /^[0-9A-Za-z'()+_,./:=? -]{1,70}$/;
/** RFC 9110 5.1. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const BYTES = "application/octet-stream";

/**
 * An object as `multipart/form-data` (RFC 7578), in the form that the core node takes: texts, bytes,
 * `{ value, options: { filename, contentType } }` for a file, everything else as JSON; `null` and `undefined` are left out.
 *
 * @param boundary the one of the stated type; a new one where it has none
 * @throws {ModemError} `INVALID_INPUT`
 */
export function multipartBody(
  payload: object,
  stated: string,
  boundary: string | undefined,
): { body: Buffer; contentType: string } {
  const parts = Object.entries(payload)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [notTooLong(name, "msg.payload: a name"), partOf(name, value)] as const);
  const border = boundary ?? `----${randomBytes(12).toString("hex")}`;
  if (!BOUNDARY.test(border)) throw invalid("contentType", "has a boundary that can't be used (RFC 2046)");
  if (parts.some(([, { content }]) => content.includes(`--${border}`))) {
    throw invalid("contentType", "has a boundary that occurs in msg.payload: leave it out, and the node makes one");
  }
  const lines = parts.flatMap(([name, part]) => [Buffer.from(partHead(border, name, part)), part.content, CRLF]);
  const body = Buffer.concat([...lines, Buffer.from(`--${border}--\r\n`)]);
  return { body, contentType: boundary === undefined ? `multipart/form-data; boundary=${border}` : stated };
}

const CRLF = Buffer.from("\r\n");

function partOf(name: string, value: unknown): Part {
  if (typeof value === "string") return { content: Buffer.from(value), headers: [] };
  const bytes = bytesOf(value);
  if (bytes !== undefined) return { content: bytes, contentType: BYTES, headers: [] };
  if (typeof value === "object" && value !== null && Object.hasOwn(value, "value")) {
    const { value: content, options } = value as { value: unknown; options?: unknown };
    return filePart(`msg.payload.${name}`, content, options);
  }
  return { content: Buffer.from(jsonText(value, `msg.payload.${name}`)), headers: [] };
}

function filePart(field: string, value: unknown, options: unknown): Part {
  const bytes = bytesOf(value);
  const content = bytes ?? textOf(value, field);
  // As core's library has it: a text as the options is the name of the file.
  const given = typeof options === "string" ? { filename: options } : optionsOf(options, field);
  const filename = fileName(given, `${field}.options`);
  const stated = isEmpty(given.contentType) ? undefined : headerText(given.contentType, `${field}.options.contentType`);
  const contentType = stated ?? typeOfFile(filename ?? "") ?? (bytes === undefined ? undefined : BYTES);
  return {
    content,
    headers: headersOf(given.header, `${field}.options.header`),
    ...(filename === undefined ? {} : { filename }),
    ...(contentType === undefined ? {} : { contentType }),
  };
}

/** `filepath` keeps its folders, `filename` does not. */
function fileName({ filepath, filename }: Record<string, unknown>, field: string): string | undefined {
  if (!isEmpty(filepath)) return posix.normalize(plainText(filepath, `${field}.filepath`)).replaceAll("\\", "/");
  return isEmpty(filename) ? undefined : posix.basename(plainText(filename, `${field}.filename`));
}

function textOf(value: unknown, field: string): Buffer {
  if (typeof value === "string") return Buffer.from(value);
  if (typeof value === "number" || typeof value === "boolean") return Buffer.from(String(value));
  throw invalid(`${field}.value`, "must be a text, a number or a Buffer");
}

function optionsOf(options: unknown, field: string): Record<string, unknown> {
  if (isEmpty(options)) return {};
  if (typeof options !== "object") throw invalid(`${field}.options`, "must be an object, or the name of the file");
  return options as Record<string, unknown>;
}

function headersOf(headers: unknown, field: string): Part["headers"] {
  if (isEmpty(headers)) return [];
  if (typeof headers !== "object") throw invalid(field, "must be an object");
  return Object.entries(headers as object).map(([name, value]) => {
    if (!TOKEN.test(name)) throw invalid(field, "has a name that is no header's");
    return [name, headerText(value, `${field}.${name}`)] as const;
  });
}

function plainText(value: unknown, field: string): string {
  if (typeof value !== "string" && typeof value !== "number") throw invalid(field, "must be a text");
  return notTooLong(String(value), field);
}

function headerText(value: unknown, field: string): string {
  const text = plainText(value, field);
  if (/\p{Cc}/u.test(text)) throw invalid(field, "contains a control character");
  return text;
}

function partHead(border: string, name: string, { filename, contentType, headers }: Part): string {
  const file = filename === undefined ? "" : `; filename="${quoted(filename)}"`;
  const given = new Set(headers.map(([header]) => header.toLowerCase()));
  const own = [
    ["Content-Disposition", `form-data; name="${quoted(name)}"${file}`],
    ...(contentType === undefined ? [] : [["Content-Type", contentType]]),
  ].filter(([header = ""]) => !given.has(header.toLowerCase()));
  return `--${border}\r\n${[...own, ...headers].map((field) => `${field.join(": ")}\r\n`).join("")}\r\n`;
}

/** As browsers write names, so that none can end its line. */
function quoted(text: string): string {
  return text.replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/"/g, "%22");
}
