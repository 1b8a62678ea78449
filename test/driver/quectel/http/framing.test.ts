import { describe, expect, it } from "vitest";
import type { HttpRequest, HttpResponse } from "../../../../driver/services/http/http";
import { advance, useFakeTime } from "../../../support/clock";
import { type Session, startSession } from "../session";

const GET = { method: "GET", url: "http://example.org/", headers: [], timeout: 60_000 } as const;
const POST = { ...GET, method: "POST", contentType: "text/plain", body: Buffer.from("x") } as const;
const CHUNKS = "5\r\nhello\r\n0\r\n\r\n";
const TRAP = "\r\nOK\r\n\r\n+QHTTPREAD: 0\r\n";

/** The body, or the code of the error. */
async function outcome(session: Session, fields: Partial<HttpRequest> = {}): Promise<string> {
  const text = ({ body }: HttpResponse): string => body.toString("latin1");
  const end = session.services.http.request({ ...GET, ...fields }).then(text, (error: { code: string }) => error.code);
  await advance(20_000);
  return end;
}

async function answering(fields: string, body: string, length: number | undefined): Promise<Session> {
  const session = await startSession();
  const told = length === undefined ? "0,200" : `0,200,${length}`;
  session.http.answer = { response: `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n${body}`, outcome: told };
  return session;
}

const BOTH = "Content-Length: 5\r\nTransfer-Encoding: chunked";

describe("I10 a BG96 answer whose totals don't agree", () => {
  useFakeTime();

  it("I10 a length beside chunks is read by its chunks", async () => {
    expect(await outcome(await answering(BOTH, CHUNKS, 5))).toBe("hello");
  });

  it.each([
    ["the other order", "Transfer-Encoding: chunked\r\nContent-Length: 5", CHUNKS, 5, "hello"],
    ["a length of the coded bytes", `Content-Length: ${CHUNKS.length}\r\n${BOTH}`, CHUNKS, CHUNKS.length, "hello"],
    ["a length that is too large", BOTH.replace("5", "5000"), CHUNKS, 5000, "hello"],
    ["chunks that the modem has joined", BOTH, "hello", 5, "hello"],
    ["another coding before the chunks", BOTH.replace("chunked", "gzip, chunked"), CHUNKS, 5, "hello"],
    [
      "a final result within a chunk",
      BOTH,
      `${(TRAP.length + 5).toString(16)}\r\nhello${TRAP}\r\n0\r\n\r\n`,
      5,
      `hello${TRAP}`,
    ],
    [
      "a last chunk within a chunk",
      BOTH,
      `${(TRAP.length + 5).toString(16)}\r\n0\r\n\r\n${TRAP}\r\n0\r\n\r\n`,
      5,
      `0\r\n\r\n${TRAP}`,
    ],
    ["two lengths that are one", "Content-Length: 5\r\nContent-Length: 5", "hello", 5, "hello"],
  ])("I10 neighbour: %s", async (_how, fields, body, length, right) => {
    expect(await outcome(await answering(fields, body, length))).toBe(right);
    expect(await outcome(await answering(fields, body, length), POST)).toBe(right);
  });

  it.each([
    ["chunks that break off", BOTH, "5\r\nhello\r\n", 5, "CONNECTION_CLOSED"],
    ["chunks that break off where the length says", BOTH, "5\r\nhe", 5, "CONNECTION_CLOSED"],
    ["a final result where the length says", BOTH, `${TRAP.length + 7}\r\nh${TRAP}`, 5, "CONNECTION_CLOSED"],
    ["two lengths that differ", "Content-Length: 5\r\nContent-Length: 7", "hello", 5, "PROTOCOL_ERROR"],
    [
      "two lengths that differ, the modem takes the other",
      "Content-Length: 5\r\nContent-Length: 7",
      "hello12",
      5,
      "PROTOCOL_ERROR",
    ],
    ["a length that is none", "Content-Length: 5x", "hello", 5, "PROTOCOL_ERROR"],
    ["a coding that has no end", BOTH.replace("chunked", "gzip"), "hello, world", 5, "CONNECTION_CLOSED"],
  ])("I10 neighbour: %s is an error", async (_how, fields, body, length, code) => {
    expect(await outcome(await answering(fields, body, length))).toBe(code);
    expect(await outcome(await answering(fields, body, length), { verify: "always" })).toBe(code);
    expect(await outcome(await answering(fields, body, length), POST)).toMatch(/^[A-Z]+_[A-Z]+$/);
  });
});
