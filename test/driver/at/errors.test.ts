import { describe, expect, it } from "vitest";
import { CME_ERRORS, CMS_ERRORS } from "../../../driver/at/error-tables";
import { describeError, rejection } from "../../../driver/at/errors";
import { finalResult } from "../../../driver/at/final-results";

const VENDOR = new Map([[714, "DNS error"]]);
/** As modems differ: case, punctuation, blanks. */
const CASES = [
  (text: string) => text,
  (text: string) => text.toUpperCase(),
  (text: string) => text.replace(/^./, (first) => first.toUpperCase()),
  (text: string) => text.replace(/[^A-Za-z0-9]/g, "_"),
];

describe.each([
  ["CME", CME_ERRORS],
  ["CMS", CMS_ERRORS],
] as const)("+%s ERROR", (kind, table) => {
  it("has words for every number, and the number for the words in any form", () => {
    for (const [code, text] of table) {
      expect(describeError(kind, String(code), VENDOR)).toEqual({ code, text });
      for (const form of CASES) {
        const { code: found = -1, text: kept } = describeError(kind, form(text), VENDOR);
        expect(table.get(found)).toBe(text);
        expect(kept).toBe(form(text));
      }
    }
  });

  it("keeps what it doesn't know", () => {
    expect(describeError(kind, "12345", VENDOR)).toEqual({ code: 12345, text: "error 12345" });
    expect(describeError(kind, "raspberry", VENDOR)).toEqual({ text: "raspberry" });
    expect(describeError(kind, "", VENDOR)).toEqual({ text: "unknown error" });
  });
});

describe("the tables", () => {
  it.each([
    [3, "operation not allowed"],
    [10, "SIM not inserted"],
    [50, "incorrect parameters"],
    [103, "illegal MS"],
    [127, "missing or unknown APN"],
    [150, "invalid mobile class"],
  ])("say of +CME ERROR: %i: %s (27.007 9.2)", (code, text) => {
    expect(CME_ERRORS.get(code)).toBe(text);
  });

  it.each([
    [301, "SMS service of ME reserved"],
    [330, "SMSC address unknown"],
    [500, "unknown error"],
  ])("say of +CMS ERROR: %i: %s (27.005 3.2.5)", (code, text) => {
    expect(CMS_ERRORS.get(code)).toBe(text);
  });

  it("know a vendor's numbers and words", () => {
    expect(describeError("CME", "714", VENDOR)).toEqual({ code: 714, text: "DNS error" });
    expect(describeError("CME", "DNS Error", VENDOR)).toEqual({ code: 714, text: "DNS Error" });
  });
});

describe("a rejection", () => {
  it("names the operation by its label and repeats the modem's words", () => {
    const result = finalResult("+CME ERROR: operation not allowed");
    if (result === undefined) throw new Error("no final result");
    const error = rejection("AT+UHTTPC=0,1", result, VENDOR);
    expect(error).toMatchObject({
      code: "MODEM_REJECTED",
      message: "The modem refused AT+UHTTPC=0,1: +CME ERROR: operation not allowed",
      cause: {
        command: "AT+UHTTPC=0,1",
        result: "+CME ERROR: operation not allowed",
        errorCode: 3,
        errorText: "operation not allowed",
      },
    });
    expect(JSON.parse(JSON.stringify(error.cause))).toEqual(error.cause);
  });
});
