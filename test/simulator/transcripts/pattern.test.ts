import { describe, expect, it } from "vitest";
import { answerPattern, linePattern, promptPattern } from "./pattern";

const matches = (printed: string, variable: string[], line: string) =>
  new RegExp(`^${linePattern(printed, variable)}$`).test(line);

describe("the pattern of a printed line", () => {
  it("is the line itself where nothing is variable", () => {
    expect(matches('+CGDCONT: 1,"IP" (x)', [], '+CGDCONT: 1,"IP" (x)')).toBe(true);
    expect(matches("+CSQ: 1,2", [], "+CSQ: 1,23")).toBe(false);
    expect(matches("a.b", [], "axb")).toBe(false);
  });

  it("takes any value in place of a variable part, and within its quotation marks only", () => {
    const printed = '+UUPING: 1,32,"h","216.58.206.68",115,62';
    const variable = ['"216.58.206.68"', "115", "62"];
    expect(matches(printed, variable, '+UUPING: 1,32,"h","::1",7,1')).toBe(true);
    expect(matches(printed, variable, '+UUPING: 2,32,"h","::1",7,1')).toBe(false);
    expect(matches(printed, variable, '+UUPING: 1,32,"h","a","b",7,1')).toBe(false);
    expect(matches("+X: 1", ["1"], "+X: 1\r\n+Y: 2")).toBe(false);
  });
});

describe("the pattern of an answer", () => {
  it("wants the echo, every line, in order, and nothing between", () => {
    const pattern = answerPattern("AT+X?", ["+X: 1", "OK"]);
    expect(pattern.test("AT+X?\r\r\n+X: 1\r\n\r\nOK\r\n")).toBe(true);
    expect(pattern.test("\r\n+X: 1\r\n\r\nOK\r\n")).toBe(false);
    expect(pattern.test("AT+X?\r\r\nOK\r\n")).toBe(false);
    expect(pattern.test("AT+X?\r\r\n+X: 1\r\n\r\n+Y: 2\r\n\r\nOK\r\n")).toBe(false);
  });

  it("ends a prompt without a line end", () => {
    expect(promptPattern("AT+P", ">").test("AT+P\r\r\n>")).toBe(true);
    expect(promptPattern("AT+P", ">").test("AT+P\r\r\nERROR\r\n")).toBe(false);
  });
});
