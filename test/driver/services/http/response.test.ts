import { describe, expect, it } from "vitest";
import { decodeChunked } from "../../../../driver/services/http/chunked";
import { parseResponse } from "../../../../driver/services/http/response";

const parse = (raw: string) => parseResponse(Buffer.from(raw, "latin1"));

describe("a raw HTTP response", () => {
  it("is split into status, headers and body", () => {
    const response = parse("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nnope");
    expect(response).toMatchObject({ statusCode: 404, announced: 4, received: 4 });
    expect(response?.headers).toEqual({ "content-type": "text/html", "content-length": "4" });
    expect(response?.body.toString()).toBe("nope");
  });

  it("joins repeated fields as Node does", () => {
    const fields =
      "Set-Cookie: a=1\r\nset-cookie: b=2\r\nVary: x\r\nVARY: y\r\nAge: 1\r\nAge: 2\r\nX-Fold: a\r\n b\r\n";
    expect(parse(`HTTP/1.1 200 OK\r\n${fields}\r\n`)?.headers).toEqual({
      "set-cookie": ["a=1", "b=2"],
      vary: "x, y",
      age: "1",
      "x-fold": "a b",
    });
  });

  it("takes a field name that an object has of its own for a field", () => {
    expect(parse("HTTP/1.1 200 OK\r\nconstructor: a\r\n__proto__: b\r\n\r\n")?.headers.constructor).toBe("a");
  });

  it("passes over interim heads", () => {
    const response = parse(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\n\r\nok",
    );
    expect(response).toMatchObject({ statusCode: 201, headers: {} });
    expect(response?.body.toString()).toBe("ok");
  });

  it("announces no body with 204 and 304", () => {
    expect(parse("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n")?.announced).toBe(0);
  });

  it("is undefined while the head is incomplete or there is none", () => {
    expect(parse("HTTP/1.1 200 OK\r\nA: b\r\n")).toBeUndefined();
    expect(parse("<html>\r\n\r\n")).toBeUndefined();
    expect(parse("")).toBeUndefined();
  });

  it("takes off a chunked coding that is well-formed", () => {
    const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n";
    expect(parse(`${head}3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n`)?.body.toString()).toBe(
      "abc0123456789",
    );
    expect(parse(`${head}0\r\n\r\n`)?.body.length).toBe(0);
  });

  it.each([
    "",
    "abc",
    "3\r\nabcd\r\n0\r\n\r\n",
    "3\r\nabc\r\n",
    "3\r\nabc\r\n0\r\n\r\nmore",
    "fffffffff\r\n",
    "-1\r\n\r\n",
    "0\r\n",
  ])("leaves %j as it is", (body) => {
    expect(decodeChunked(Buffer.from(body))).toBeUndefined();
    const response = parse(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`);
    expect(response?.body.toString()).toBe(body);
  });
});
