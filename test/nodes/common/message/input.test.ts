import { describe, expect, it } from "vitest";
import {
  flag,
  isPlainObject,
  optionalBytes,
  optionalChoice,
  optionalInteger,
  optionalNumber,
  optionalText,
  pick,
  requiredText,
} from "../../../../nodes/common/message/input";

const refusal = (message: RegExp) =>
  expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringMatching(message) });

describe("pick", () => {
  it("takes the message only where the dialog is empty, and names whichever it took", () => {
    expect(pick("url", "a", "b")).toEqual({ value: "a", field: "url" });
    for (const empty of ["", undefined, null])
      expect(pick("url", empty, "b")).toEqual({ value: "b", field: "msg.url" });
  });
});

describe("texts", () => {
  it("reads numbers as their digits and nothing as undefined", () => {
    expect(optionalText(1234, "pin")).toBe("1234");
    expect([optionalText("", "x"), optionalText(null, "x"), optionalText(undefined, "x")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it.each([[{}], [[]], [true], [Number.NaN], [Buffer.from("a")], [() => "a"]])(
    "refuses %o, naming the field",
    (value) => {
      expect(() => optionalText(value, "msg.host")).toThrow(refusal(/msg\.host must be a text/));
    },
  );

  it("says which required field is missing", () => {
    expect(() => requiredText("", "msg.url")).toThrow(refusal(/msg\.url is missing/));
  });
});

describe("numbers", () => {
  const range = { min: 1, max: 16 };

  it("reads digits, as environment variables give them", () => {
    expect(optionalInteger("7", "cid", range)).toBe(7);
    expect(optionalInteger(" 7 ", "cid", range)).toBe(7);
    expect(optionalInteger("", "cid", range)).toBeUndefined();
    expect(optionalNumber("2.5", "timeout", range)).toBe(2.5);
  });

  it.each([
    ["0"],
    [17],
    ["1e1"],
    ["7;AT+CFUN=0"],
    ["0x10"],
    [1.5],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [true],
    [{}],
    [[7]],
  ])("refuses %o as a whole number from 1 to 16", (value) => {
    expect(() => optionalInteger(value, "cid", range)).toThrow(refusal(/cid must be a whole number from 1 to 16/));
  });

  it.each([["abc"], [" "], [0.5], [Number.NaN], ["1,5"], [{}]])("refuses %o as a number from 1 to 16", (value) => {
    expect(() => optionalNumber(value, "timeout", range)).toThrow(refusal(/timeout must be a number from 1 to 16/));
  });
});

describe("choices and flags", () => {
  it("lists what it would have taken", () => {
    expect(optionalChoice("none", "parity", ["none", "even"])).toBe("none");
    expect(() => optionalChoice("odd", "parity", ["none", "even"])).toThrow(
      refusal(/parity must be one of none, even/),
    );
    expect(() => optionalChoice("constructor", "parity", ["none"])).toThrow(refusal(/parity/));
    expect(() => optionalChoice({ toString: () => "none" }, "parity", ["none"])).toThrow(refusal(/parity/));
    expect(optionalChoice(8, "dataBits", ["7", "8"])).toBe("8");
  });

  it("takes the texts true and false for flags, and the default for nothing", () => {
    expect([flag("true", "t", false), flag(false, "t", true), flag(undefined, "t", true)]).toEqual([true, false, true]);
    expect(() => flag("yes", "trace", false)).toThrow(refusal(/trace must be true or false/));
  });
});

describe("bytes", () => {
  it("takes a text as UTF-8 and a part of a buffer as that part", () => {
    expect(optionalBytes("ü", "msg.data")).toEqual(Buffer.from([0xc3, 0xbc]));
    expect(optionalBytes(new Uint8Array([1, 2, 3, 4]).subarray(1, 3), "msg.data")).toEqual(Buffer.from([2, 3]));
    expect(() => optionalBytes({}, "msg.data")).toThrow(refusal(/msg\.data/));
  });
});

describe("isPlainObject", () => {
  it("knows JSON's objects from all others", () => {
    expect([{}, { a: 1 }, Object.create(null)].map(isPlainObject)).toEqual([true, true, true]);
    expect([[], null, undefined, "a", 1, new Date(), Buffer.alloc(1), new Map(), () => 1].some(isPlainObject)).toBe(
      false,
    );
  });
});
