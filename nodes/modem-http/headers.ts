import { shortened, wordsOf } from "../../driver/errors";
import { invalid } from "../common/errors";
import { bytesOf } from "../common/message/bytes";
import { isEmpty, notTooLong } from "../common/message/input";
import type { Message, Runtime } from "../common/types";
import { HEADER_MARK, headerMark } from "./header-mark";
import type { HeaderRow } from "./types";
import { isHeaderName } from "./url-text";

/** Header fields in order of arrival; names ignore case. */
export class HeaderList {
  readonly #fields = new Map<string, readonly [name: string, value: string]>();

  get entries(): (readonly [name: string, value: string])[] {
    return [...this.#fields.values()];
  }

  get(name: string): string | undefined {
    return this.#fields.get(name.toLowerCase())?.[1];
  }

  /** An empty value removes the field, as in the core node. */
  set(name: string, value: string): void {
    if (value === "") this.#fields.delete(name.toLowerCase());
    else this.#fields.set(name.toLowerCase(), [name, value]);
  }

  take(name: string): string | undefined {
    const value = this.get(name);
    this.#fields.delete(name.toLowerCase());
    return value;
  }
}

/**
 * The header fields of a request: those of the message, overridden by those of the dialog.
 *
 * @throws {ModemError} `INVALID_INPUT`
 */
export function requestHeaders(RED: Runtime, rows: readonly HeaderRow[], message: Message): HeaderList {
  // A hand-written flow or an environment variable may hold anything.
  if (!Array.isArray(rows)) throw invalid("headers", "must be a list");
  const list = new HeaderList();
  for (const [name, value] of messageHeaders(message.headers)) list.set(name, headerValue(name, value));
  for (const row of rows as readonly HeaderRow[]) {
    const name = rowPart(RED, row.keyType, row.keyValue, message);
    if (isEmpty(name)) continue;
    if (typeof name !== "string") throw invalid("headers", `has a name that is not a text, from msg.${row.keyValue}`);
    notTooLong(name, "headers: a name");
    if (!isHeaderName(name))
      throw invalid("headers", `has ${JSON.stringify(shortened(name))}, which is no header name`);
    list.set(name, headerValue(name, rowPart(RED, row.valueType, row.valueValue, message)));
  }
  return list;
}

/** The request that the fields are for. */
interface Spoken {
  readonly url: string;
  readonly body: Buffer | undefined;
}

/**
 * Takes out what would only repeat the request: an equal `Host`, which would be wrong after a redirect, and the length,
 * which the modem counts itself. A wrong length is left over from another message far more often than meant.
 *
 * @param warn called for a length that is wrong
 */
export function removeRepeated(headers: HeaderList, { url, body }: Spoken, warn: () => void): void {
  const says = (name: string) => headers.get(name)?.trim().toLowerCase();
  const { host, port, protocol } = new URL(url);
  const full = port === "" ? `${host}:${protocol === "https:" ? 443 : 80}` : host;
  if ([host, full].includes(says("host") ?? "")) headers.take("host");
  if (says("transfer-encoding") === "identity") headers.take("transfer-encoding");
  const length = says("content-length");
  headers.take("content-length");
  if (length !== undefined && length !== String(body?.length ?? 0)) warn();
}

/** Header fields of a message: far more than any modem can send. */
const MAX_FIELDS = 100;
/** Characters of all their names and values: what servers send at most, since an answer's headers may come in again. */
const MAX_SIZE = 100_000;

/** Without the headers that an earlier answer left in the message. */
function messageHeaders(headers: unknown): [string, unknown][] {
  if (isEmpty(headers)) return [];
  if (typeof headers !== "object" || Array.isArray(headers) || bytesOf(headers) !== undefined) {
    throw invalid("msg.headers", "must be an object");
  }
  const count = Object.keys(headers).length;
  if (count > MAX_FIELDS) throw invalid("msg.headers", `has ${count} fields; at most ${MAX_FIELDS} are allowed`);
  checkSize(headers as Record<string, unknown>);
  const { [HEADER_MARK]: mark, ...rest } = headers as Record<string, unknown>;
  if (mark !== undefined && isAnswer(rest) && mark === headerMark(rest)) return [];
  return Object.entries(rest);
}

/** Before their hash is made and their names are matched. */
function checkSize(headers: Readonly<Record<string, unknown>>): void {
  const texts = Object.entries(headers).flat(2);
  const size = texts.reduce<number>((sum, text) => sum + (typeof text === "string" ? text.length : 0), 0);
  if (size > MAX_SIZE) throw invalid("msg.headers", `has ${size} characters; at most ${MAX_SIZE} are allowed`);
}

/** An answer's fields are texts; a flow may have added anything, or removed one by `null`. */
function isAnswer(headers: Record<string, unknown>): headers is Record<string, string | string[]> {
  return Object.values(headers).every((value) => typeof value === "string" || isTexts(value));
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((part) => typeof part === "string");
}

function headerValue(name: string, value: unknown): string {
  if (isEmpty(value)) return "";
  if (typeof value === "string") return notTooLong(value, `headers.${shortened(name)}`);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (isTexts(value)) return notTooLong(value.join(", "), `headers.${shortened(name)}`);
  throw invalid(`headers.${shortened(name)}`, "must be a text");
}

function rowPart(RED: Runtime, type: string, value: string, message: Message): unknown {
  if (type === "other") return value;
  return type === "msg" ? messageProperty(RED, value, message) : type;
}

/** A missing property, or one of a missing object, counts as empty, as in the core node. */
function messageProperty(RED: Runtime, name: string, message: Message): unknown {
  try {
    return RED.util.getMessageProperty(message, name);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw invalid("headers", `names msg.${name}, which can't be read: ${wordsOf(error)}`);
  }
}
