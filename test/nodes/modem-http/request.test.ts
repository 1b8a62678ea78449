import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Runtime } from "../../../nodes/common/types";
import { requestBody } from "../../../nodes/modem-http/body";
import { HEADER_MARK, headerMark } from "../../../nodes/modem-http/header-mark";
import { requestHeaders } from "../../../nodes/modem-http/headers";
import { responseMessage } from "../../../nodes/modem-http/response";
import type { HeaderRow } from "../../../nodes/modem-http/types";
import { targetUrl } from "../../../nodes/modem-http/url";
import { randomRuns } from "../../support/random";

const refusal = (message: RegExp) =>
  expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringMatching(message) });

describe("the URL of a request", () => {
  const url = (text: string, query?: unknown) => targetUrl(text, { field: "url", scheme: "http", query }).url;

  it("is http: without a scheme, and keeps the one it has", () => {
    expect(url("example.com/a")).toBe("http://example.com/a");
    expect(url("example.com:8080/a")).toBe("http://example.com:8080/a");
    expect(url("https://example.com/")).toBe("https://example.com/");
    expect(url("HTTP://Example.com")).toBe("http://example.com/");
    expect(url("https:/example.com/a")).toBe("https://example.com/a");
    expect(url("https:\\\\example.com\\a")).toBe("https://example.com/a");
  });

  it("gets an object as its query, behind the one it has", () => {
    expect(url("a.b/c", { x: 1, y: ["p", "q"] })).toBe("http://a.b/c?x=1&y=p&y=q");
    expect(url("a.b/c?z=0#part", { x: "ü &=" })).toBe("http://a.b/c?z=0&x=%C3%BC%20%26%3D#part");
    for (const none of [{}, [], "text", 5, null, Buffer.from("x")]) expect(url("a.b/c", none)).toBe("http://a.b/c");
  });

  it("lets a per cent sign in the query stand for itself", () => {
    expect(url("a.b/c?load=20%&x=%41")).toBe("http://a.b/c?load=20%25&x=%41");
  });

  it("gives up the user and the password in it", () => {
    expect(targetUrl("http://me:p%40ss@a.b/c", { field: "url", scheme: "http" })).toEqual({
      url: "http://a.b/c",
      user: "me",
      password: "p@ss",
    });
  });

  it.each([
    ["ftp://a.b/"],
    ["mqtt://a.b"],
    ["http://"],
    ["a b"],
    ["a.b/\r\nAT+CFUN=0"],
    ["a.b/\u001a"],
    ["http://[::1"],
    ["a.b:99999"],
  ])("refuses %j", (text) => {
    expect(() => url(text)).toThrow(refusal(/^url /));
  });

  it("refuses a query with half a character, as cutting a text leaves it, and names it", () => {
    expect(() => url("a.b/c", { q: "😀".slice(0, 1) })).toThrow(refusal(/^msg\.payload /));
  });

  it("never tells a password in an error", () => {
    expect(() => url("http://me:secret@a.b:99999/")).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("secret") }),
    );
  });
});

describe("the body of a request", () => {
  it("is the text or the Buffer as it is, and an object as JSON", () => {
    expect(requestBody("POST", "grüße", undefined)).toEqual({ body: Buffer.from("grüße") });
    expect(requestBody("PUT", Buffer.from([0, 255]), undefined)).toEqual({ body: Buffer.from([0, 255]) });
    expect(requestBody("POST", 21.5, undefined)).toEqual({ body: Buffer.from("21.5") });
    for (const value of [{ a: 1 }, [1, 2], true, null]) {
      expect(requestBody("POST", value, undefined)).toEqual({
        body: Buffer.from(JSON.stringify(value)),
        contentType: "application/json",
      });
    }
  });

  it("is a form where the content type asks for one", () => {
    const form = requestBody("POST", { a: "1 2", b: ["x", "y"] }, "application/x-www-form-urlencoded");
    expect(form.body?.toString()).toBe("a=1%202&b=x&b=y");
  });

  it("refuses a form with half a character, as cutting a text leaves it, and names it", () => {
    const form = () => requestBody("POST", { q: "😀".slice(0, 1) }, "application/x-www-form-urlencoded");
    expect(form).toThrow(refusal(/^msg\.payload /));
  });

  it("is not there for GET and HEAD and for no payload", () => {
    for (const method of ["GET", "HEAD"] as const) expect(requestBody(method, "x", undefined)).toEqual({});
    expect(requestBody("POST", undefined, undefined)).toEqual({});
  });

  it("refuses what can't be JSON", () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    for (const value of [circular, 10n, () => 1])
      expect(() => requestBody("POST", value, undefined)).toThrow(refusal(/msg\.payload can't be written as JSON/));
  });
});

describe("the header fields of a request", () => {
  const { util } = createRequire(require.resolve("node-red"))("@node-red/util");
  const RED = { util } as Runtime;
  const row = (name: string, value: string, types: Partial<HeaderRow> = {}): HeaderRow => ({
    keyType: "other",
    keyValue: name,
    valueType: "other",
    valueValue: value,
    ...types,
  });
  const read = (rows: HeaderRow[], headers?: unknown, message = {}) =>
    requestHeaders(RED, rows, { headers, ...message } as never).entries;

  it("are the message's, over which the dialog's win whatever their case", () => {
    expect(read([row("X-One", "dialog")], { "x-one": "message", "X-Two": 2 })).toEqual([
      ["X-One", "dialog"],
      ["X-Two", "2"],
    ]);
  });

  it("come from properties of the message where the dialog says so", () => {
    expect(
      read([row("token", "secret", { keyType: "msg", valueType: "msg" })], undefined, {
        token: "X-Token",
        secret: "abc",
      }),
    ).toEqual([["X-Token", "abc"]]);
  });

  it("leave out a row whose property has nothing to be in, as core does, and refuse one that is no property", () => {
    expect(read([row("X-One", "auth.token", { valueType: "msg" })], { "x-two": "2" })).toEqual([["x-two", "2"]]);
    expect(() => read([row("X-One", "auth[", { valueType: "msg" })])).toThrow(refusal(/headers names msg\.auth\[/));
  });

  it("refuse a list of rows that is none", () => {
    for (const rows of [{}, "X-One", 5]) expect(() => read(rows as never)).toThrow(refusal(/^headers must be a list/));
  });

  it("know the rows of the core node, whose types may be the name and the value themselves", () => {
    expect(read([row("", "", { keyType: "Accept", valueType: "application/json" })])).toEqual([
      ["Accept", "application/json"],
    ]);
  });

  it("leave out a field that is empty", () => {
    expect(read([row("X-One", "")], { "x-one": "message", "x-two": "" })).toEqual([]);
  });

  it("are not those of an earlier answer, unless someone changed them", () => {
    const answer = { "content-type": "text/plain", "set-cookie": ["a=1"] };
    const marked = { ...answer, [HEADER_MARK]: headerMark(answer) };
    expect(read([], marked)).toEqual([]);
    expect(read([], { ...marked, "x-mine": "1" })).toContainEqual(["x-mine", "1"]);
    expect(read([], { ...marked, "x-mine": null, "set-cookie": undefined })).toEqual([["content-type", "text/plain"]]);
  });

  it.each([["text"], [[1]], [{ "x-a": {} }], [{ "x-a": [1] }], [{ "x-a": Buffer.from("x") }]])(
    "refuse %j",
    (headers) => {
      expect(() => read([], headers)).toThrow(refusal(/headers/));
    },
  );
});

describe("the mark of an answer's headers", () => {
  /** hash-sum itself takes a field of such a name for the method of that name. */
  const NAME = fc.string({ minLength: 1 }).filter((name) => !(name in Object.prototype));

  it("copes with fields that are called like an object's methods", () => {
    expect(headerMark({ toString: "a", valueOf: ["b"] })).toMatch(/^[0-9a-f]{8,9}$/);
  });

  it("is the one that the core http request node makes", () => {
    const hashSum: (value: unknown) => string = createRequire(require.resolve("node-red"))("hash-sum");
    const value = fc.oneof(fc.string({ unit: "binary" }), fc.array(fc.string(), { maxLength: 12 }));
    fc.assert(
      fc.property(fc.dictionary(NAME, value, { noNullPrototype: true }), (headers) => {
        expect(headerMark(headers)).toBe(hashSum(headers));
      }),
      randomRuns(500),
    );
  });
});

describe("the message of an answer", () => {
  const answer = (body: string, statusCode = 200) => ({
    statusCode,
    headers: { "content-type": "text/plain" },
    body: Buffer.from(body),
  });
  const warnings: string[] = [];
  const message = (ret: "txt" | "bin" | "obj", body: string, statusCode?: number) =>
    responseMessage({ response: answer(body, statusCode), url: "http://a.b/", redirectList: [] }, ret, (reason) =>
      warnings.push(reason),
    );

  it("has the status code as a number, the headers, and the URL", () => {
    const { headers, ...rest } = message("txt", "grüße", 404);
    expect(rest).toEqual({ payload: "grüße", statusCode: 404, responseUrl: "http://a.b/", redirectList: [] });
    expect(headers).toMatchObject({ "content-type": "text/plain" });
  });

  it("returns the bytes or the object, and an empty object for 204, as core does", () => {
    expect(message("bin", "\u0000ü").payload).toEqual(Buffer.from("\u0000ü"));
    expect(message("obj", '{"a":[1]}').payload).toEqual({ a: [1] });
    expect(message("obj", "", 204).payload).toEqual({});
    expect(warnings).toEqual([]);
  });

  it("leaves a body that is no JSON as a text, with a warning", () => {
    expect(message("obj", "<html>").payload).toBe("<html>");
    expect(warnings).toHaveLength(1);
  });
});
