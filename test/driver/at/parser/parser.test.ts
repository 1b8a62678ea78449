import { describe, expect, it } from "vitest";
import { splitFields } from "../../../../driver/at/fields";
import { ANY, BARE } from "../../../../driver/at/parser/expectation";
import { MAX_LINE } from "../../../../driver/at/parser/parser";
import { bytes, read, tokensOf } from "./feed";

const CSQ = { line: "AT+CSQ", expects: [{ prefix: "+CSQ:" }] };

describe("lines", () => {
  it.each([
    ["CR", "AT+CSQ\r\r\n+CSQ: 5,99\r\n\r\nOK\r\n"],
    ["CR CR LF", "AT+CSQ\r\r\r\n+CSQ: 5,99\r\n\r\nOK\r\n"],
    ["LF alone in the answer", "AT+CSQ\n+CSQ: 5,99\n\nOK\n"],
    ["NULs in between", "\0\0AT+C\0SQ\r\0\r\n+CSQ:\0 5,99\r\n\r\nO\0K\r\n"],
  ])("are told from an echo that ends with %s", (_form, text) => {
    expect(read(CSQ, text)).toEqual(["echo AT+CSQ", "answer +CSQ: 5,99", "final OK"]);
  });

  it("are understood without echo", () => {
    expect(read(CSQ, "\r\n+CSQ: 5,99\r\n\r\nOK\r\n")).toEqual(["answer +CSQ: 5,99", "final OK"]);
  });

  it.each(["T+CSQ", "+CSQ", "CSQ", "AT+SQ"])("are understood behind %s, which is left of a damaged echo", (echo) => {
    expect(read(CSQ, `${echo}\r\r\n+CSQ: 5,99\r\n\r\nOK\r\n`)).toEqual([
      `echo ${echo}`,
      "answer +CSQ: 5,99",
      "final OK",
    ]);
  });

  it("too long for any modem are noise, and the next line is read", () => {
    const long = "x".repeat(MAX_LINE + 1);
    const noise = `noise ${"x".repeat(80)}`;
    expect(read(CSQ, `${long}\r\n+CSQ: 5,99\r\nOK\r\n`)).toEqual([noise, "answer +CSQ: 5,99", "final OK"]);
    expect(read(CSQ, `+USORD: 0,"${long}\r\n+CSQ: 5,99\r\nOK\r\n`).at(-1)).toBe("final OK");
  });

  it("as long as allowed are read whole", () => {
    const text = `+CSQ: ${"1".repeat(MAX_LINE - 6)}`;
    expect(read(CSQ, `${text}\r\nOK\r\n`)).toEqual([`answer ${text}`, "final OK"]);
  });
});

describe("final results", () => {
  it.each([
    "OK",
    "ERROR",
    "SEND OK",
    "SEND FAIL",
    "ABORTED",
    "Command aborted",
    "NO CARRIER",
    "BUSY",
    "NO ANSWER",
    "NO DIALTONE",
    "NO DIAL TONE",
    "COMMAND NOT SUPPORT",
    "NA",
    "+CME ERROR: 3",
    "+CME ERROR: raspberry",
    "+CME ERROR: ",
    "+CMS ERROR: 500",
    "MODEM ERROR: 5",
  ])("include %j", (text) => {
    expect(read(CSQ, `\r\n${text}\r\n`)).toEqual([`final ${text}`]);
  });

  it.each([
    "+CME ERROR:",
    "MODEM ERROR: apple",
    "UNKNOWN COMMAND",
    "OKAY",
    "BOOK",
    "ERROR MARGIN",
    "NO CARRIERS",
    "ok",
  ])("do not include %j", (text) => {
    expect(read(CSQ, `\r\n${text}\r\n`).filter((token) => token.startsWith("final"))).toEqual([]);
  });

  it("end a command: what follows in the same read belongs to none", () => {
    expect(read(CSQ, "\r\nOK\r\n\r\n+CSQ: 7,99\r\n\r\nERROR\r\n")).toEqual([
      "final OK",
      "urc +CSQ: 7,99",
      "noise ERROR",
    ]);
  });
});

describe("URCs", () => {
  it("are told from answers wherever they come", () => {
    const text =
      "\r\n+CSCON: 1\r\nAT+CSQ\r\r\n+CEREG: 5\r\n\r\n+CSQ: 5,99\r\n\r\n+UUSORD: 0,4\r\n\r\nOK\r\n\r\n+CSCON: 0\r\n";
    expect(read(CSQ, text)).toEqual([
      "urc +CSCON: 1",
      "echo AT+CSQ",
      "urc +CEREG: 5",
      "answer +CSQ: 5,99",
      "urc +UUSORD: 0,4",
      "final OK",
      "urc +CSCON: 0",
    ]);
  });

  it("with the answer's own prefix are known by coming before the echo", () => {
    const command = { line: "AT+CEREG?", expects: [{ prefix: "+CEREG:" }] };
    expect(read(command, "\r\n+CEREG: 5\r\nAT+CEREG?\r\r\n+CEREG: 0,5\r\n\r\nOK\r\n")).toEqual([
      "urc +CEREG: 5",
      "echo AT+CEREG?",
      "answer +CEREG: 0,5",
      "final OK",
    ]);
  });

  it("with the answer's own prefix are known by their shape where echo is off", () => {
    const accepts = (line: Parameters<typeof splitFields>[0]): boolean => splitFields(line).length === 2;
    const command = { line: "AT+CEREG?", expects: [{ prefix: "+CEREG:", accepts }] };
    expect(read(command, "\r\n+CEREG: 5\r\n\r\n+CEREG: 0,5\r\n\r\n+CEREG: 2\r\n\r\nOK\r\n")).toEqual([
      "urc +CEREG: 5",
      "urc +CEREG: 2",
      "answer +CEREG: 0,5",
      "final OK",
    ]);
  });

  it("that nobody registered pass as such, words in the middle of an answer as noise", () => {
    expect(read(CSQ, "AT+CSQ\r\r\n+UUGIND: 1,0\r\nhello\r\n+CSQ: 1,2\r\nOK\r\nRING\r\n")).toEqual([
      "echo AT+CSQ",
      "urc +UUGIND: 1,0",
      "noise hello",
      "answer +CSQ: 1,2",
      "final OK",
      "urc RING",
    ]);
  });

  it("of words count as whole lines only, and boot is told", () => {
    const tokens = tokensOf([], [bytes("\r\nRDY\r\n\r\nRDY?\r\n")]);
    expect(tokens.map((token) => token.type === "urc" && token.boot)).toEqual([true, false]);
  });

  it("may carry counted strings", () => {
    expect(read(CSQ, 'AT+CSQ\r\r\n+UUFTPCD: 1,4,"\r\nOK"\r\n+CSQ: 1,2\r\nOK\r\n')).toEqual([
      "echo AT+CSQ",
      'urc +UUFTPCD: 1,4,"" <0d0a4f4b>',
      "answer +CSQ: 1,2",
      "final OK",
    ]);
  });
});

describe("expectations", () => {
  it("for bare lines take what has no prefix and is no URC", () => {
    const text = "AT+CGMM\r\r\nLARA-R6001D\r\n+FOO: 1\r\nNORMAL POWER DOWN\r\nOK\r\n";
    expect(read({ line: "AT+CGMM", expects: [BARE] }, text)).toEqual([
      "echo AT+CGMM",
      "answer LARA-R6001D",
      "urc +FOO: 1",
      "urc NORMAL POWER DOWN",
      "final OK",
    ]);
  });

  it("for raw commands take every line that is no URC, and the command's own prefix though it is one", () => {
    const text = "AT+CEREG?\r\r\n+CEREG: 0,1\r\n+CSCON: 1\r\nfoo\r\n+BAR: 1\r\nOK\r\n";
    expect(read({ line: "AT+CEREG?", expects: [ANY] }, text)).toEqual([
      "echo AT+CEREG?",
      "answer +CEREG: 0,1",
      "urc +CSCON: 1",
      "answer foo",
      "answer +BAR: 1",
      "final OK",
    ]);
  });

  it("are met by long answers too when echo is off", () => {
    const lines = Array.from({ length: 100 }, (_, index) => `+CSQ: ${index}`);
    expect(read(CSQ, `${lines.join("\r\n")}\r\nOK\r\n`)).toEqual([
      ...lines.map((line) => `answer ${line}`),
      "final OK",
    ]);
  });
});
