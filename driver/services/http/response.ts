import { decodeChunked } from "./chunked";
import { contentLength, parseResponseHead } from "./head";
import type { HttpResponse } from "./http";

/** A response with what its head announced. */
export interface ParsedResponse extends HttpResponse {
  /** Bytes of the body before decoding. */
  readonly received: number;
  /** What Content-Length says. */
  readonly announced: number | undefined;
}

/** Splits raw bytes into head and body; undefined when they don't begin with a complete head. */
export function parseResponse(raw: Buffer): ParsedResponse | undefined {
  const head = parseResponseHead(raw);
  if (head === undefined) return undefined;
  const { statusCode, headers, length } = head;
  const content = raw.subarray(length);
  return {
    statusCode,
    headers,
    body: isChunked(headers["transfer-encoding"]) ? (decodeChunked(content) ?? content) : content,
    received: content.length,
    announced: hasNoBody(statusCode) ? 0 : contentLength(head),
  };
}

/** Responses that end with their head, whatever it says (RFC 9112 6.3). */
export function hasNoBody(statusCode: number): boolean {
  return statusCode < 200 || statusCode === 204 || statusCode === 304;
}

function isChunked(coding: string | string[] | undefined): boolean {
  return typeof coding === "string" && /(?:^|,)\s*chunked\s*$/i.test(coding);
}
