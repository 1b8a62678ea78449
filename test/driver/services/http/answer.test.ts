import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isModemError } from "../../../../driver/errors";
import type { HttpMethod, HttpResponse } from "../../../../driver/services/http/http";
import { readResponse } from "../../../../driver/services/http/response";
import { randomRuns } from "../../../support/random";

const readResponseFile = (content: Buffer, method: HttpMethod): HttpResponse =>
  readResponse(content, { operation: `${method} http://a.test/`, method });

const answer = (...lines: string[]): Buffer => Buffer.from(lines.join("\r\n"), "latin1");

function failure(content: Buffer): unknown {
  try {
    readResponseFile(content, "GET");
  } catch (error) {
    return error;
  }
  throw new Error("no error");
}

describe("the module's response file", () => {
  it("gives status, fields and body", () => {
    const response = readResponseFile(
      answer("HTTP/1.1 404 Not Found", "Content-Type: text/plain", "X-Empty:", "Content-Length: 4", "", "gone"),
      "GET",
    );
    expect(response).toEqual({
      statusCode: 404,
      headers: { "content-type": "text/plain", "x-empty": "", "content-length": "4" },
      body: Buffer.from("gone"),
    });
  });

  it("keeps every byte of a body, whatever it looks like", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const head = answer("HTTP/1.1 200 OK", `Content-Length: ${bytes.length}`, "", "");
        expect(readResponseFile(Buffer.concat([head, bytes]), "GET").body).toEqual(Buffer.from(bytes));
      }),
      randomRuns(100),
    );
  });

  it("takes everything behind the header without Content-Length", () => {
    const body = '\r\nOK\r\n+UUHTTPCR: 0,1,1\r\n"';
    expect(readResponseFile(answer("HTTP/1.0 200 OK", "", body), "GET").body.toString()).toBe(body);
  });

  it("steps over interim answers", () => {
    const content = answer(
      "HTTP/1.1 100 Continue",
      "",
      "HTTP/1.1 103 Early Hints",
      "Link: </a>",
      "",
      "HTTP/1.1 201 Created",
      "",
      "x",
    );
    expect(readResponseFile(content, "POST")).toEqual({ statusCode: 201, headers: {}, body: Buffer.from("x") });
  });

  it("joins repeated fields as Node does", () => {
    const content = answer(
      "HTTP/1.1 200 OK",
      "Set-Cookie: a=1",
      "set-cookie: b=2",
      "Vary: a",
      "Vary: b",
      "Server: first",
      "Server: second",
      "",
      "",
    );
    expect(readResponseFile(content, "GET").headers).toEqual({
      "set-cookie": ["a=1", "b=2"],
      vary: "a, b",
      server: "first",
    });
  });

  it("unfolds folded fields and passes over lines that are none", () => {
    const content = answer("HTTP/1.1 200 OK", " stray", "X-Long: one", "\ttwo", "no field here", ": nameless", "", "");
    expect(readResponseFile(content, "GET").headers).toEqual({ "x-long": "one two" });
  });

  it("accepts bare LF as line end", () => {
    const content = Buffer.from("HTTP/1.1 200 OK\nA: 1\n\nbody");
    expect(readResponseFile(content, "GET")).toEqual({
      statusCode: 200,
      headers: { a: "1" },
      body: Buffer.from("body"),
    });
  });

  it("gives HEAD, 204 and 304 no body, whatever Content-Length says", () => {
    const head = answer("HTTP/1.1 200 OK", "Content-Length: 900", "", "");
    expect(readResponseFile(head, "HEAD").body).toHaveLength(0);
    expect(readResponseFile(head.subarray(0, -2), "HEAD").headers["content-length"]).toBe("900");
    for (const status of ["204 No Content", "304 Not Modified"]) {
      expect(readResponseFile(answer(`HTTP/1.1 ${status}`, "Content-Length: 3", "", ""), "GET").body).toHaveLength(0);
    }
  });

  it("leaves gzip alone", () => {
    const zipped = Buffer.from("1f8b0800deadbeef", "hex");
    const content = Buffer.concat([
      answer("HTTP/1.1 200 OK", "Content-Encoding: gzip", "Content-Length: 8", "", ""),
      zipped,
    ]);
    expect(readResponseFile(content, "GET").body).toEqual(zipped);
  });

  it("names both numbers when the body is shorter or longer than announced", () => {
    for (const body of ["1234", "123456"]) {
      const error = failure(answer("HTTP/1.1 200 OK", "Content-Length: 5", "", body));
      expect(isModemError(error, "CONNECTION_CLOSED")).toBe(true);
      expect(String(error)).toMatch(new RegExp(`${body.length} of the 5 bytes`));
    }
  });

  it("reports an answer that ends before or within its header as a closed connection", () => {
    for (const content of ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Le"]) {
      expect(isModemError(failure(Buffer.from(content)), "CONNECTION_CLOSED")).toBe(true);
    }
    expect(isModemError(failure(answer("HTTP/1.1 100 Continue", "", "")), "CONNECTION_CLOSED")).toBe(true);
  });

  it("reports what is not HTTP as a protocol error", () => {
    for (const content of ["SSH-2.0-OpenSSH\r\n\r\n", "\r\n\r\n", "HTTP/1.1 OK\r\n\r\n"]) {
      expect(isModemError(failure(Buffer.from(content)), "PROTOCOL_ERROR")).toBe(true);
    }
  });
});

describe("chunked coding in the file", () => {
  const chunked = answer("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", "");
  const body = (coded: string): string =>
    readResponseFile(Buffer.concat([chunked, Buffer.from(coded, "latin1")]), "GET").body.toString("latin1");

  it("is removed, with extensions and trailer", () => {
    expect(body("4\r\nWiki\r\n5;a=b\r\npedia\r\n0\r\n\r\n")).toBe("Wikipedia");
    expect(body("1\r\nx\r\n0\r\nExpires: never\r\nX: y\r\n\r\n")).toBe("x");
    expect(body("0\r\n\r\n")).toBe("");
  });

  it("is removed for every body and every cut into chunks", () => {
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 8 }), (chunks) => {
        const coded = chunks.flatMap((data) => [
          Buffer.from(`${data.length.toString(16)}\r\n`),
          data,
          Buffer.from("\r\n"),
        ]);
        const content = Buffer.concat([chunked, ...coded, Buffer.from("0\r\n\r\n")]);
        expect(readResponseFile(content, "GET").body).toEqual(Buffer.concat(chunks));
      }),
      randomRuns(100),
    );
  });

  it("is left alone when the module has removed it already", () => {
    for (const plain of ["plain text", "{}", "<html>\r\n", "no size\r\n"]) expect(body(plain)).toBe(plain);
  });
});
