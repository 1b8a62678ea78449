import { ModemError } from "../errors";
import type { HttpMethod, HttpResponse } from "../services/http";
import { decodeChunked } from "./chunked";

interface Head {
  readonly statusCode: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Where the body begins. */
  readonly end: number;
}

/**
 * Reads the file in which the module stores an answer: status line, header, blank line, body, as the server sent them.
 *
 * @throws {ModemError} `CONNECTION_CLOSED` when the answer isn't whole, `PROTOCOL_ERROR` when it isn't HTTP
 */
export function parseResponse(content: Buffer, method: HttpMethod): HttpResponse {
  const { statusCode, fields, end } = finalHead(content, method);
  const headers = joinFields(fields);
  const rest = content.subarray(end);
  return { statusCode, headers, body: bodyOf(rest, headers, bodyless(statusCode, method)) };
}

/** Steps over interim answers (100 Continue, 103 Early Hints). */
function finalHead(content: Buffer, method: HttpMethod): Head {
  let head = parseHead(content, 0, method);
  while (head.statusCode < 200 && head.statusCode !== 101) head = parseHead(content, head.end, method);
  return head;
}

function parseHead(content: Buffer, start: number, method: HttpMethod): Head {
  if (start >= content.length) throw closed("before the server answered");
  const status = /^HTTP\/\d(?:\.\d)? +(\d{3})\b/.exec(lineAt(content, start).text);
  if (status === null) throw new ModemError("PROTOCOL_ERROR", "The server's answer is not HTTP: it has no status line");
  const fields: [string, string][] = [];
  let { next } = lineAt(content, start);
  for (;;) {
    if (next >= content.length) {
      // A HEAD answer has nothing behind its header that the missing blank line would set off.
      if (method === "HEAD") break;
      throw closed("within the header of the answer");
    }
    const line = lineAt(content, next);
    next = line.next;
    if (line.text === "") break;
    addField(fields, line.text);
  }
  return { statusCode: Number(status[1]), fields, end: next };
}

/** The line from `start`, without CR LF or LF. */
function lineAt(content: Buffer, start: number): { text: string; next: number } {
  const end = content.indexOf(0x0a, start);
  const stop = end < 0 ? content.length : end;
  const text = content.toString("latin1", start, stop);
  return { text: text.endsWith("\r") ? text.slice(0, -1) : text, next: end < 0 ? content.length : end + 1 };
}

/** A folded line continues the one before (RFC 9112 section 5.2); a line that is no field is passed over. */
function addField(fields: [string, string][], text: string): void {
  const last = fields.at(-1);
  if (/^[ \t]/.test(text)) {
    if (last !== undefined) last[1] = `${last[1]} ${text.trim()}`.trim();
    return;
  }
  const colon = text.indexOf(":");
  if (colon > 0) fields.push([text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()]);
}

/** Fields of which Node's `http` keeps the first. */
const SINGLE: ReadonlySet<string> = new Set(
  `age authorization content-length content-type etag expires from host if-modified-since if-unmodified-since
  last-modified location max-forwards proxy-authorization referer retry-after server user-agent`.split(/\s+/),
);

function joinFields(fields: readonly (readonly [string, string])[]): Record<string, string | string[]> {
  const joined = new Map<string, string | string[]>();
  for (const [name, value] of fields) {
    const held = joined.get(name);
    if (name === "set-cookie") joined.set(name, [...(held ?? []), value]);
    else if (held === undefined) joined.set(name, value);
    else if (!SINGLE.has(name)) joined.set(name, `${held.toString()}${name === "cookie" ? "; " : ", "}${value}`);
  }
  return Object.fromEntries(joined);
}

/** RFC 9112 section 6.3. */
function bodyless(statusCode: number, method: HttpMethod): boolean {
  return method === "HEAD" || statusCode === 204 || statusCode === 304;
}

function bodyOf(rest: Buffer, headers: HttpResponse["headers"], none: boolean): Buffer {
  if (none) return Buffer.alloc(0);
  const coding = headers["transfer-encoding"];
  if (typeof coding === "string" && /\bchunked$/i.test(coding.trim())) {
    // The module may have removed the coding already, and left the field.
    return decodeChunked(rest) ?? rest;
  }
  const length = headers["content-length"];
  if (typeof length !== "string" || !/^\d+$/.test(length)) return rest;
  if (Number(length) !== rest.length) {
    throw closed(`after ${rest.length} of the ${length} bytes that the server announced (Content-Length)`);
  }
  return rest;
}

function closed(when: string): ModemError {
  return new ModemError("CONNECTION_CLOSED", `The connection ended ${when}`);
}
