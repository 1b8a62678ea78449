import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isModemError } from "../../../driver/errors";
import { MODELS } from "../../../driver/models";
import { type RawOptions, rawCommand as rawCommandOf } from "../../../driver/raw-command";
import { randomRuns } from "../../support/random";

const options = { timeout: 1000 };
const known = MODELS.map(({ raw }) => raw);
const rawCommand = (text: string, given: RawOptions) => rawCommandOf(text, given, known);

describe("rawCommand", () => {
  it.each([
    ["AT+CSQ", "AT+CSQ"],
    ["+CSQ", "AT+CSQ"],
    [" at+csq ", "at+csq"],
    ["I", "ATI"],
    ["AT", "AT"],
  ])("makes %j the line %j", (text, line) => expect(rawCommand(text, options).line).toBe(line));

  it.each([
    ['AT+CPIN="1234"', "AT+CPIN=***"],
    ['+cpin="1234"', "AT+cpin=***"],
    ['AT+CSQ;+CPIN="1234"', "AT+CSQ;+CPIN=***"],
    ['AT+CPIN = "1234"', "AT+CPIN =***"],
    ['AT+UAUTHREQ=1,1,"secret","user"', "AT+UAUTHREQ=***"],
    ['AT+QICSGP=1,1,"apn","u","p",1', "AT+QICSGP=***"],
    ['AT+UHTTP=0,3,"secret"', "AT+UHTTP=***"],
    ['AT+USECPRF=0,8,"secret"', "AT+USECPRF=***"],
    ["AT+USECPRF=0,13,2,c2Vzc2lvbg==,bWFzdGVy", "AT+USECPRF=***"],
    ['AT+USECMNG=0,2,"key",3,"secret"', "AT+USECMNG=***"],
    ["AT+CPIN?", "AT+CPIN?"],
    ["AT+UHTTPC=0,1", "AT+UHTTPC=0,1"],
  ])("shows %s as %s", (text, label) => expect(rawCommand(text, options).label).toBe(label));

  it.each([
    ['AT+CSIM=26,"00200001083132333435FFFFFF"', "AT+CSIM=***"],
    ['at+csim = 26,"00200001083132333435FFFFFF"', "at+csim =***"],
    ['AT^CPIN="1234"', "AT^CPIN=***"],
    ['AT*CPIN="1234"', "AT*CPIN=***"],
    ['AT+CPIN2="1234"', "AT+CPIN2=***"],
    ['AT+CGLA=1,26,"00200001083132333435FFFFFF"', "AT+CGLA=***"],
    ['AT+CSQ;^CPIN="1234"', "AT+CSQ;^CPIN=***"],
    ["ATD**04*1234*5678*5678#;", "ATD**04****"],
    ['AT+CUSD=1,"**052*12345678*1234*1234#"', 'AT+CUSD=1,"**052****'],
    ["AT^CPIN?", "AT^CPIN?"],
  ])("F39 shows %s as %s", (text, label) => expect(rawCommand(text, options).label).toBe(label));

  it.each(['AT+CSIM=10,"00A4040000"', 'AT+CGLA=1,10,"0088000000"'])(
    "F39 neighbour: the answer to %s is not shown",
    (text) => {
      expect(rawCommand(text, options).confidential).toBe(true);
    },
  );

  it.each([
    'AT+UFTPC=6,"file"',
    'AT+UFTPC=7,"file",250',
    "AT+USODL=0",
    'AT+QIOPEN=1,0,"TCP","host",80,0,2',
    'AT+QSSLOPEN=1,1,4,"host",443,2',
    "AT+QISWTMD=0,2",
    "AT+CSQ;+CMUX=0",
    "ATD*99#",
  ])("F30 refuses %s, which opens data mode on one model or the other", (text) => {
    expect(() => rawCommand(text, options)).toThrow(/data mode/);
  });

  it.each([
    'AT+QIOPEN=1,0,"TCP","host",80,0,1',
    'AT+QSSLOPEN=1,1,4,"host",443,0',
    'AT+UFTPC=5,"a","b"',
    "AT+QISWTMD=2,1",
  ])("F30 neighbour: takes %s, which does not", (text) => {
    expect(rawCommand(text, options).line).toBe(text);
  });

  it.each([
    ["AT+USOWR=0,3", "@"],
    ['AT+QFUPL="a",3', "CONNECT"],
    ["AT+QHTTPURL=3", "CONNECT"],
    ['AT+UDWNFILE="a",3', ">"],
    ["AT+QISEND=0,3", ">"],
  ])("knows the prompt of %s", (text, prompt) => {
    const data = Buffer.from([1, 2, 3]);
    expect(rawCommand(text, { ...options, data }).upload).toEqual({ prompt, data });
  });

  it.each([
    ['AT+UDWNFILE="a",4', "abc"],
    ['AT+UDWNFILE="3,3", 2', "abc"],
    ["AT+QHTTPPOST=2,3,80", "abc"],
    ["AT+QHTTPGET=3,2,80", "abc"],
    ['AT+QFUPL="a"', "abc"],
    ['AT+USOST=0,"1.2.3.4",3,2', "abc"],
    ["AT+CSQ;+USOWR=3,2", "abc"],
    ['AT+USECMNG=0,2,"3",4,"3"', "abc"],
    ["AT+USECPRF=3,13,5,4", "abc"],
    ['AT+CMGS="3"', "abc"],
    ["AT+CMGS=3", "a\u001ab"],
    ["AT+CMGS=23", "abc\u001aAT+CFUN=0\r\u001a"],
    ["AT+UNHEARDOF=2", "abc"],
  ])("refuses for %j the data %j, of which a part would be a command", (text, data) => {
    expect(() => rawCommand(text, { ...options, data: Buffer.from(data) })).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringMatching(/^data /) }),
    );
  });

  it.each([
    ['AT+UDWNFILE="a",3,"tag"', "\u001a\r\n"],
    ['AT+CMGS="+491234"', "hello\u001a"],
    ["AT+QISEND=0", "hello\u001a"],
    ["AT+USECPRF=0,13,5,4", "YWJj"],
    ["AT+UNHEARDOF=1,3", "a\u001ab"],
  ])("takes for %j the data %j, which it announces or which ends itself", (text, data) => {
    expect(rawCommand(text, { ...options, data: Buffer.from(data) }).upload?.data).toEqual(Buffer.from(data));
  });

  it.each([
    ["AT+QICSGP=1", true],
    ["at+cgauth?", true],
    ['AT+CGMR;+UHTTP=0,2,"me"', true],
    ["AT+USECPRF=0,8", true],
    ["at+usecprf=0,13,5", true],
    ["AT+CPIN?", false],
    ["AT+CSQ", false],
  ])("keeps what answers %j out of the trace: %s", (text, confidential) => {
    expect(rawCommand(text, options).confidential).toBe(confidential);
  });

  it("expects the command's own answers although their prefix is that of a report", () => {
    const [creg] = rawCommand("AT+CREG?;+CSQ", options).expects ?? [];
    expect(creg?.prefix).toBe("+CREG:");
    expect(creg?.accepts?.({ text: "+CREG: 2,1", data: [] })).toBe(true);
    expect(creg?.accepts?.({ text: '+CREG: 1,"0001","0002"', data: [] })).toBe(false);
  });

  it("lets nothing through that is not one line of printable ASCII", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        try {
          expect(rawCommand(text, options).line).toMatch(/^AT[\x20-\x7e]*$/i);
        } catch (error) {
          expect(isModemError(error, "INVALID_INPUT")).toBe(true);
        }
      }),
      { ...randomRuns(2000), verbose: true },
    );
  });
});
