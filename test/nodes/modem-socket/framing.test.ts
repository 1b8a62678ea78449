import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Framing } from "../../../nodes/modem-socket/framing";

const seed = Date.now() % 2 ** 31;
const cut = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = [];
  for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(start, start + size));
    start += size;
  }
  return chunks;
};
const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });

describe(`framing (seed ${seed})`, () => {
  it.each(["\n", "\r\n", "--", "aab"])("splits a stream at %j wherever it is cut", (delimiter) => {
    const text = fc
      .array(fc.constantFrom("a", "b", "-", "\r", "\n", "\r\n", "aab", "ü", "€", "😀"))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, sizes, (whole, lengths) => {
        const framing = new Framing({ delimiter: Buffer.from(delimiter), isText: true });
        const pieces = cut(Buffer.from(whole), lengths).flatMap((chunk) => framing.push(chunk));
        const expected = whole.split(delimiter);
        const rest = expected.pop() ?? "";
        expect(pieces).toEqual(expected);
        expect(framing.end()).toEqual(rest === "" ? [] : [rest]);
      }),
      { seed },
    );
  });

  it("puts characters together that chunks have cut", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), sizes, (whole, lengths) => {
        const framing = new Framing({ delimiter: Buffer.alloc(0), isText: true });
        const pieces = cut(Buffer.from(whole), lengths).flatMap((chunk) => framing.push(chunk));
        expect([...pieces, ...framing.end()].join("")).toBe(whole);
        expect(pieces).not.toContain("");
      }),
      { seed },
    );
  });

  it("passes bytes on as they come where nothing splits them, as copies", () => {
    const framing = new Framing({ delimiter: Buffer.alloc(0), isText: false });
    const chunk = Buffer.from([0, 255, 10]);
    const [piece] = framing.push(chunk);
    chunk.fill(1);
    expect(piece).toEqual(Buffer.from([0, 255, 10]));
    expect(framing.end()).toEqual([]);
  });

  it("passes a piece on before it gets longer than 1 MB, and loses nothing of it", () => {
    const framing = new Framing({ delimiter: Buffer.from("\n"), isText: false });
    const chunk = Buffer.alloc(1000, "x");
    let most = 0;
    let total = 0;
    for (let turn = 0; turn < 2500; turn += 1) {
      for (const { length } of framing.push(chunk)) {
        most = Math.max(most, length);
        total += length;
      }
    }
    total += framing.push(Buffer.from("y\n")).reduce((sum, { length }) => sum + length, 0);
    expect(total).toBe(2_500_001);
    expect(most).toBeLessThanOrEqual(1024 * 1024 + chunk.length);
    expect(framing.end()).toEqual([]);
  });

  it("splits a piece that got too long at a delimiter that chunks have cut", () => {
    const framing = new Framing({ delimiter: Buffer.from("\r\n"), isText: true });
    const long = "x".repeat(1024 * 1024);
    const pieces = [`${long}\r`, "\nnext\r\n"].flatMap((chunk) => framing.push(Buffer.from(chunk)));
    expect(pieces.pop()).toBe("next");
    expect(pieces.join("")).toBe(long);
    expect(framing.end()).toEqual([]);
  });
});
