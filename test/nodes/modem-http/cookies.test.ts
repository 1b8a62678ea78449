import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ownCookies, responseCookies } from "../../../nodes/modem-http/cookies";
import { randomRuns } from "../../support/random";

const texts = (header: string | undefined, cookies?: unknown) => ownCookies(header, cookies).map(({ text }) => text);
const refusal = (message: RegExp) =>
  expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringMatching(message) });

describe("F12 the cookies of a request", () => {
  it("join those of the header, each name once", () => {
    expect(texts(" a=1;b = 2 ; a=3; flag;", { b: "x", c: 0, d: false })).toEqual([
      "a=3",
      "b=x",
      "flag",
      "c=0",
      "d=false",
    ]);
    for (const none of [undefined, null, "", {}]) expect(texts(undefined, none)).toEqual([]);
  });

  it.each([
    ["a text", "a=1", /^msg\.cookies must be an object/],
    ["a list", ["a=1"], /^msg\.cookies must be an object/],
    ["bytes", Buffer.from("a=1"), /^msg\.cookies must be an object/],
    ["a name with a blank", { "a b": "1" }, /^msg\.cookies\.a b has a name/],
    ["a name that ends the line", { "a\r\nX": "1" }, /has a name that a cookie can't have/],
    ["an empty name", { "": "1" }, /has a name/],
    ["an object without a value", { a: { b: { c: 1 } }, d: [1] }, /^msg\.cookies\.d must be a text/],
    ["an object for a value", { a: { value: {} } }, /^msg\.cookies\.a must be a text/],
    ["half a character", { a: "😀".slice(0, 1) }, /^msg\.cookies\.a contains half a character/],
    ["a line end without an escape", { a: { value: "1\r\nX: 2", encode: false } }, /^msg\.cookies\.a has a value/],
    ["a semicolon without an escape", { a: { value: "1; b=2", encode: false } }, /^msg\.cookies\.a has a value/],
    ["a lone quotation mark without an escape", { a: { value: '"', encode: false } }, /^msg\.cookies\.a has a value/],
    [
      "too many",
      Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`c${n}`, n])),
      /has 101 cookies; at most 100/,
    ],
  ])("F12 neighbour: are refused where they are %s", (_name, cookies, words) => {
    expect(() => ownCookies(undefined, cookies)).toThrow(refusal(words));
  });

  it("F12 neighbour: stay quoted where the flow escapes them itself", () => {
    expect(texts(undefined, { a: { value: '"b"', encode: false } })).toEqual(['a="b"']);
  });
});

describe("F12 the cookies of an answer", () => {
  it("are not there where it sets none", () => {
    expect(responseCookies({ server: "x" })).toBeUndefined();
  });

  it("F12 neighbour: may bear any name", () => {
    const cookies = responseCookies({
      "set-cookie": ["__proto__=1; path=/", "constructor=2", "value=3", "path=4; Path=/x"],
    });
    expect(Object.entries(cookies ?? {})).toEqual([
      ["__proto__", { path: "/", value: "1" }],
      ["constructor", { value: "2" }],
      ["value", { value: "3" }],
      ["path", { Path: "/x", value: "4" }],
    ]);
  });

  it("F12 neighbour: are read as the core node's library reads them", () => {
    const { parse } = createRequire(require.resolve("node-red"))("cookie") as {
      parse(text: string): Record<string, string>;
    };
    const piece = fc.string({ unit: fc.constantFrom(...'ab=" %41ü/,'), maxLength: 8 });
    const field = fc
      .tuple(fc.constantFrom("id", "a", "b"), fc.array(piece, { maxLength: 4 }))
      .map(([name, rest]) => `${name}=${rest.join(";")}`);
    fc.assert(
      fc.property(field, (text) => {
        const [name = ""] = text.split("=", 1);
        // It takes a lone quotation mark for a quoted nothing.
        fc.pre(!/=[ \t]*"[ \t]*(;|$)/.test(text));
        const { [name]: value, ...attributes } = parse(text);
        const [[read, cookie] = []] = Object.entries(responseCookies({ "set-cookie": [text] }) ?? {});
        expect(read).toBe(name);
        expect(cookie).toEqual({ ...attributes, value });
      }),
      randomRuns(1000),
    );
  });
});
