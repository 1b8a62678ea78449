import { describe, expect, it } from "vitest";
import { decodeChunked } from "../../../../driver/services/http/chunked";
import { readResponse } from "../../../../driver/services/http/response";

const parse = (raw: string) =>
  readResponse(Buffer.from(raw, "latin1"), { operation: "GET http://a.test/", method: "GET" });

describe("a raw HTTP response", () => {
  it("is split into status, headers and body", () => {
    const response = parse("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nnope");
    expect(response).toMatchObject({ statusCode: 404 });
    expect(response.headers).toEqual({ "content-type": "text/html", "content-length": "4" });
    expect(response.body.toString()).toBe("nope");
  });

  it("joins repeated fields as Node does", () => {
    const fields =
      "Set-Cookie: a=1\r\nset-cookie: b=2\r\nVary: x\r\nVARY: y\r\nAge: 1\r\nAge: 2\r\nX-Fold: a\r\n b\r\n";
    expect(parse(`HTTP/1.1 200 OK\r\n${fields}\r\n`).headers).toEqual({
      "set-cookie": ["a=1", "b=2"],
      vary: "x, y",
      age: "1",
      "x-fold": "a b",
    });
  });

  it("takes a field name that an object has of its own for a field", () => {
    expect(parse("HTTP/1.1 200 OK\r\nconstructor: a\r\n__proto__: b\r\n\r\n").headers.constructor).toBe("a");
  });

  it("passes over interim heads", () => {
    const response = parse(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\n\r\nok",
    );
    expect(response).toMatchObject({ statusCode: 201, headers: {} });
    expect(response.body.toString()).toBe("ok");
  });

  it("has no body with 204 and 304", () => {
    expect(parse("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n").body).toHaveLength(0);
  });

  it("is an error while the head is incomplete or there is none", () => {
    for (const [raw, code] of [
      ["HTTP/1.1 200 OK\r\nA: b\r\n", "CONNECTION_CLOSED"],
      ["<html>\r\n\r\n", "PROTOCOL_ERROR"],
      ["", "CONNECTION_CLOSED"],
    ] as const) {
      expect(() => parse(raw)).toThrow(expect.objectContaining({ code }));
    }
  });

  it("takes off a chunked coding that is well-formed", () => {
    const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n";
    expect(parse(`${head}3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n`).body.toString()).toBe(
      "abc0123456789",
    );
    expect(parse(`${head}0\r\n\r\n`).body.length).toBe(0);
  });

  it.each([
    ["cut", 0, ""],
    ["cut", 0, "3"],
    ["cut", 0, "3\r"],
    ["cut", 0, "3;x=y"],
    ["cut", 0, "3\r\n"],
    ["cut", 2, "3\r\nab"],
    ["cut", 3, "3\r\nabc"],
    ["cut", 3, "3\r\nabc\r"],
    ["cut", 3, "3\r\nabc\r\n"],
    ["cut", 3, "3\r\nabc\r\n0"],
    ["cut", 3, "3\r\nabc\r\n0\r\n"],
    ["cut", 3, "3\r\nabc\r\n0\r\nTrailer: t"],
    ["cut", 3, "3\r\nabc\r\n0\r\nTrailer: t\r\n"],
    ["cut", 3, "3\r\nabc\r\n0\r\nTrailer: t\r\n\r"],
    ["malformed", 3, "3\r\nabcd\r\n0\r\n\r\n"],
    ["malformed", 3, "3\r\nabc\r\n0\r\n\r\nmore"],
    ["malformed", 3, "3\r\nabc\r\nx\r\nabc\r\n0\r\n\r\n"],
    ["malformed", 3, "3\r\nabc\r\n-3\r\nabc\r\n0\r\n\r\n"],
    ["malformed", 0, "zz\r\nabc\r\n0\r\n\r\n"],
    ["malformed", 0, "-1\r\na\r\n0\r\n\r\n"],
    ["malformed", 0, "zz\r\n"],
    ["malformed", 0, " 3\r\nabc\r\n"],
    ["malformed", 0, "3;x\ry\r\nabc\r\n"],
    ["malformed", 0, "~;x=y\r\nabc\r\n0\r\nTrailer: t\r\n\r\n"],
    ["cut", 2, "0000000003\r\nab"],
    ["cut", 0, "0000000003"],
    ["cut", 3, "3\nabc\n"],
    ["cut", 2, "3\nab"],
    ["malformed", 3, "3\nabc\r\n0\r\n\r\n"],
    ["malformed", 3, "3\r\nabc\n0\n\n"],
  ])("F02 in chunks, %s behind %i bytes, is CONNECTION_CLOSED: %j", (kind, received, body) => {
    expect(decodeChunked(Buffer.from(body))).toEqual({ kind, received });
    expect(() => parse(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`)).toThrow(
      expect.objectContaining({ code: "CONNECTION_CLOSED" }),
    );
  });

  it.each([
    "5\r\nhello\r\n0\r\n\r\n",
    '5;a=b;c="d"\r\nhello\r\n0;e\r\nA: b\r\n\r\n',
    "05 \r\nhello\r\n0\r\n\r\n\r\n",
    "0000000005\r\nhello\r\n00\r\n\r\n",
    "5\nhello\n0\n\n",
  ])("F02 neighbour: is whole with extensions, trailer, zeros, blanks and a line end too much: %j", (body) => {
    const { body: decoded } = parse(`HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n${body}`);
    expect(decoded.toString()).toBe("hello");
  });
});

it.each(["chunked, identity", "chunked;q=1", "identity,chunked , gzip"])(
  "F02 neighbour: a coding that names chunks is one: %s",
  (coding) => {
    const head = `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${coding}\r\n\r\n`;
    expect(parse(`${head}5\r\nhello\r\n0\r\n\r\n`).body.toString()).toBe("hello");
    expect(() => parse(`${head}5\r\nhello\r\n`)).toThrow(/before its last chunk/);
  },
);

it("F03 neighbour: an answer that ends anywhere within its head is CONNECTION_CLOSED", () => {
  const head = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n";
  for (let length = 0; length < head.length; length += 1) {
    expect(() => parse(head.slice(0, length))).toThrow(expect.objectContaining({ code: "CONNECTION_CLOSED" }));
  }
});

describe("F02 neighbour: a modem that joins chunks", () => {
  const body = (text: string) => parse(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${text}`).body.toString();

  it.each(["no chunk", "{}", '{"a":1}\r\n', "<html>", "hello\n", "two\nlines", "d41d8cd98f00b204e9800998ecf8427e"])(
    "is understood where no chunk begins so: %j",
    (text) => {
      expect(body(text)).toBe(text);
    },
  );

  it.each(["", "42", "12\r\n13\r\n", "cafe"])(
    "F02 is not believed where a chunk may be cut, whatever came before: %j",
    (text) => {
      expect(body("no chunk")).toBe("no chunk");
      expect(() => body(text)).toThrow(/before its last chunk|stands no chunk/);
    },
  );
});

describe("F03 bytes before and behind an answer", () => {
  const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

  it.each([`\r\n${ANSWER}`, `\n${ANSWER}`, `\r\n\r\n${ANSWER}`, `${ANSWER}\r\n`, `${ANSWER}\n`, `\r\n${ANSWER}\r\n`])(
    "F03 that are line ends are the server's, and not the body's: %j",
    (raw) => expect(parse(raw)).toMatchObject({ statusCode: 200, body: Buffer.from("hello") }),
  );

  it.each([
    [`${ANSWER}!`, "CONNECTION_CLOSED"],
    [`${ANSWER}\r\n\r\n`, "CONNECTION_CLOSED"],
    [`${ANSWER}\r\n!`, "CONNECTION_CLOSED"],
    [`!${ANSWER}`, "PROTOCOL_ERROR"],
    [ANSWER.slice(1), "PROTOCOL_ERROR"],
    [ANSWER.replace(" 200", ""), "PROTOCOL_ERROR"],
    [ANSWER.replace(": 5", ": x"), "PROTOCOL_ERROR"],
    [ANSWER.replace(": 5", ": 5, 6"), "PROTOCOL_ERROR"],
    [ANSWER.replace(": 5", ": 5\r\nContent-Length: 6"), "PROTOCOL_ERROR"],
  ])("F03 neighbour: that are anything else are an error: %j", (raw, code) => {
    expect(() => parse(raw)).toThrow(expect.objectContaining({ code }));
  });

  it("F03 neighbour: the modem and the head have to agree on the status", () => {
    const answer = Buffer.from(ANSWER);
    const about = { operation: "GET http://a.test/", method: "GET" } as const;
    expect(readResponse(answer, { ...about, statusCode: 200, length: 5 }).body.toString()).toBe("hello");
    expect(() => readResponse(answer, { ...about, statusCode: 204 })).toThrow(/says 200, the modem says 204/);
  });

  it("F03 neighbour: a length that is told several times counts once, and one beside identity counts", () => {
    expect(parse(ANSWER.replace(": 5", ": 5, 5")).body.toString()).toBe("hello");
    const identity = ANSWER.replace("Content", "Transfer-Encoding: identity\r\nContent");
    expect(() => parse(identity.slice(0, -1))).toThrow(/4 of the 5 bytes/);
  });
});
