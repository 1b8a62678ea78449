import { ModemError } from "../../errors";
import type { HttpMethod, HttpResponse } from "../../services/http/http";
import { hasNoBody, parseResponse } from "../../services/http/response";

/** What an answer to HEAD may lack at its end: there is no body that a blank line would set off. */
const END_OF_HEAD = Buffer.from("\r\n\r\n");

/**
 * Reads the file in which the modem stores an answer: status line, header, blank line, body, as the server sent them.
 *
 * @throws {ModemError} `CONNECTION_CLOSED` when the answer isn't whole, `PROTOCOL_ERROR` when it isn't HTTP
 */
export function readResponseFile(content: Buffer, method: HttpMethod): HttpResponse {
  const response = parseResponse(method === "HEAD" ? Buffer.concat([content, END_OF_HEAD]) : content);
  if (response === undefined) throw unreadable(content);
  const { statusCode, headers, body, received, announced } = response;
  if (method === "HEAD" || hasNoBody(statusCode)) return { statusCode, headers, body: Buffer.alloc(0) };
  if (announced !== undefined && announced !== received) {
    throw closed(`after ${received} of the ${announced} bytes that the server announced (Content-Length)`);
  }
  return { statusCode, headers, body };
}

function unreadable(content: Buffer): ModemError {
  if (content.length === 0) return closed("before the server answered");
  if (/^HTTP\/\d(?:\.\d)? \d{3}\b/.test(content.toString("latin1", 0, 32))) return closed("within the answer's header");
  return new ModemError("PROTOCOL_ERROR", "The server's answer is not HTTP: it has no status line");
}

function closed(when: string): ModemError {
  return new ModemError("CONNECTION_CLOSED", `The connection ended ${when}`);
}
