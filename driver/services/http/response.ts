import { ModemError } from "../../errors";
import { decodeChunked } from "./chunked";
import { contentLength, parseResponseHead, type ResponseHead } from "./head";
import type { HttpMethod, HttpResponse } from "./http";

/** What is known of an answer before its bytes are read. */
export interface Expected {
  /** For messages: which request it answers. */
  readonly operation: string;
  readonly method: HttpMethod;
  /** What the modem told apart from the bytes; undefined where it tells nothing. */
  readonly statusCode?: number | undefined;
  /** Bytes of the body. */
  readonly length?: number | undefined;
}

/** The blank line that an answer to HEAD may lack at its end: there is no body that it would set off. */
const END_OF_HEAD = Buffer.from("\r\n");

/**
 * Takes an answer apart: status line, fields, blank line, body, as the server sent them. It is whole and well-formed, or
 * an error.
 *
 * @throws {ModemError} `CONNECTION_CLOSED` when it isn't whole, `PROTOCOL_ERROR` when its head can't be read
 */
export function readResponse(raw: Buffer, expected: Expected): HttpResponse {
  const { operation, method } = expected;
  const head = parseResponseHead(method === "HEAD" ? Buffer.concat([raw, END_OF_HEAD]) : raw);
  if (head === undefined) throw unreadable(raw, operation);
  const { statusCode, headers } = head;
  const told = expected.statusCode ?? statusCode;
  if (told !== statusCode) {
    const text = `the answer's head says ${statusCode}, the modem says ${told}`;
    throw new ModemError("PROTOCOL_ERROR", `${operation}: ${text}. Bytes were damaged on the way; send it again`);
  }
  const isEmpty = method === "HEAD" || hasNoBody(statusCode);
  const body = isEmpty ? Buffer.alloc(0) : bodyOf(head, raw.subarray(head.length), expected);
  return { statusCode, headers, body };
}

/** Whether an answer shows by itself where it ends, and has all until there. */
export function showsItsEnd(raw: Buffer): boolean {
  const head = parseResponseHead(raw);
  if (head === undefined) return false;
  if (isChunked(head.headers["transfer-encoding"])) return decodeChunked(raw.subarray(head.length)).kind === "whole";
  return contentLength(head) === raw.length - head.length;
}

/** Responses that end with their head, whatever it says (RFC 9112 6.3). */
export function hasNoBody(statusCode: number): boolean {
  return statusCode < 200 || statusCode === 204 || statusCode === 304;
}

function bodyOf(head: ResponseHead, content: Buffer, { operation, length }: Expected): Buffer {
  const chunked = isChunked(head.headers["transfer-encoding"]) ? joined(content, operation) : undefined;
  if (chunked !== undefined) return chunked;
  const own = contentLength(head);
  // Whatever the modem made of it: nobody knows where such a body ends (RFC 9112 6.3).
  if (Number.isNaN(own)) throw noLength(head, operation);
  // Guide B 3.2.1 prints two lengths for one response, that of the modem and that of the head: either may be right.
  const lengths = [own, length].filter((count) => count !== undefined);
  const [announced] = lengths;
  if (announced === undefined) return content;
  const whole = lengths.find((count) => count !== undefined && isWhole(content, count));
  if (whole !== undefined) return content.subarray(0, whole);
  const bytes = `${content.length} of the ${announced} bytes of the body`;
  if (content.length < announced) throw closed(operation, `after ${bytes}`);
  throw new ModemError(
    "CONNECTION_CLOSED",
    `${operation}: the server sent ${bytes} that it announced, which is too much`,
  );
}

/** A line end too much is the server's (RFC 9112 2.2 tells of such). */
function isWhole(content: Buffer, count: number): boolean {
  if (content.length - count > 2) return false;
  return content.length >= count && ["", "\r\n", "\n"].includes(content.toString("latin1", count));
}

function noLength({ headers }: ResponseHead, operation: string): ModemError {
  const text = `the answer's Content-Length is no number: ${JSON.stringify(headers["content-length"]).slice(0, 60)}`;
  return new ModemError("PROTOCOL_ERROR", `${operation}: ${text}`);
}

/** Undefined for one that the modem has joined: it is no longer in chunks. */
function joined(content: Buffer, operation: string): Buffer | undefined {
  const chunks = decodeChunked(content);
  switch (chunks.kind) {
    case "whole":
      return chunks.body;
    case "decoded":
      return undefined;
    case "cut":
      throw closed(operation, `after ${chunks.received} bytes of the body, before its last chunk`);
    case "malformed": {
      const text = `behind ${chunks.received} bytes of the body stands no chunk of its chunked coding`;
      throw new ModemError("CONNECTION_CLOSED", `${operation}: the answer isn't whole: ${text}`);
    }
  }
}

/** All that came of a status line. */
const STATUS_LINE_CUT = /^(?:H|HT|HTT|HTTP|HTTP\/|HTTP\/\d\.?|HTTP\/\d(?:\.\d)? ?\d{0,2})$/;

function unreadable(raw: Buffer, operation: string): ModemError {
  if (raw.length === 0) return closed(operation, "before the server answered");
  const start = raw.toString("latin1", 0, 64).trimStart();
  if (/^HTTP\/\d(?:\.\d)? \d{3}\b/.test(start) || STATUS_LINE_CUT.test(start))
    return closed(operation, "within the answer's head");
  const text = "the answer's head can't be read: it has no status line";
  return new ModemError("PROTOCOL_ERROR", `${operation}: ${text}. Is it an HTTP server?`);
}

function closed(operation: string, when: string): ModemError {
  return new ModemError("CONNECTION_CLOSED", `${operation}: the connection ended ${when}`);
}

function isChunked(coding: string | string[] | undefined): boolean {
  return typeof coding === "string" && /(?:^|[\s,])chunked(?:$|[\s;,])/i.test(coding);
}
