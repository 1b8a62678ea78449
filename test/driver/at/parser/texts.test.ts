import { describe, expect, it } from "vitest";
import { ANY } from "../../../../driver/at/parser/expectation";
import { brief, byteByByte, bytes, newParser, read } from "./feed";

const CSQ = { line: "AT+CSQ", expects: [{ prefix: "+CSQ:" }] };
const LIST = { line: 'AT+CMGL="ALL"', expects: [ANY] };
const READ = { line: "AT+CMGR=1", expects: [ANY] };
const USSD = { line: 'AT+CUSD=1,"*100#"', expects: [ANY] };

/** Of one read without a command, and then of silence. */
function unasked(text: string): string[] {
  const parser = newParser();
  const tokens: string[] = [];
  for (const chunk of byteByByte(bytes(text))) parser.push(chunk, (token) => tokens.push(brief(token)));
  parser.silence(500, (token) => tokens.push(brief(token)));
  return tokens;
}

const FROM = '"+491701234567",,"26/11/29,10:00:00+04"';

describe("F05 the text of a short message", () => {
  it.each(["OK", "ERROR", "+CME ERROR: 3", "RDY", "> ", "@", "CONNECT", "+CSQ: 1,2", "+CMTI: 9", 'a "b', "", "AT+CSQ"])(
    "F05 is data in a list, also where it says %j",
    (text) => {
      const list = `AT+CMGL="ALL"\r\r\n+CMGL: 1,"REC READ",${FROM}\r\n${text}\r\n+CMGL: 2,"REC READ",${FROM}\r\nhello\r\n\r\nOK\r\n`;
      expect(read(LIST, list)).toEqual([
        'echo AT+CMGL="ALL"',
        `answer +CMGL: 1,"REC READ",${FROM} | ${text}`,
        `answer +CMGL: 2,"REC READ",${FROM} | hello`,
        "final OK",
      ]);
    },
  );

  it.each(["RDY", "ERROR", "+UUSORD: 0,5", "NORMAL POWER DOWN", ""])(
    "F05 is data in a URC, also where it says %j",
    (text) => {
      expect(unasked(`\r\n+CMT: ${FROM}\r\n${text}\r\n`)).toEqual([`urc +CMT: ${FROM} | ${text}`]);
    },
  );

  it.each(["a\r\nRDY", "a\nRDY\nb", "OK\r\n\r\nRDY\r\n\r\nERROR", "\r\nOK", "{\r\n}"])(
    "F05 neighbour: of several lines is data up to its announced length (%j)",
    (text) => {
      const header = `+CMT: ${FROM},145,4,0,0,"+49171",145,${text.length}`;
      expect(unasked(`\r\n${header}\r\n${text}\r\n\r\n+CEREG: 5\r\n`)).toEqual([
        `urc ${header} | ${text}`,
        "urc +CEREG: 5",
      ]);
    },
  );

  it("F05 neighbour: is data up to its announced length, also where a modem prints CR LF for an LF of it", () => {
    const text = "\n\n\n\n\n\nx\nRDY";
    const header = `+CMT: ${FROM},145,4,0,0,"+49171",145,${text.length}`;
    const printed = text.replaceAll("\n", "\r\n");
    expect(unasked(`\r\n${header}\r\n${printed}\r\n\r\n+CEREG: 5\r\n`)).toEqual([
      `urc ${header} | ${printed}`,
      "urc +CEREG: 5",
    ]);
  });

  it.each(['a"b', '"', '""', '"RDY', 'OK"",'])("F05 neighbour: is data, whatever its sender is called (%j)", (name) => {
    const text = 'x\r\n\r\nRDY\r\n\r\nERROR "';
    const from = `"${name}",,"26/11/29,10:00:00+04"`;
    const urc = `+CMT: ${from},208,4,0,0,"+49171",145,${text.length}`;
    expect(unasked(`\r\n${urc}\r\n${text}\r\n\r\n+CEREG: 5\r\n`)).toEqual([`urc ${urc} | ${text}`, "urc +CEREG: 5"]);
    const listed = `+CMGL: 1,"REC READ",${from},208,${text.length}`;
    expect(read(LIST, `AT+CMGL="ALL"\r\r\n${listed}\r\n${text}\r\n\r\nOK\r\n`)).toEqual([
      'echo AT+CMGL="ALL"',
      `answer ${listed} | ${text}`,
      "final OK",
    ]);
  });

  it("F05 neighbour: of several lines is data up to the length that a list announces", () => {
    const text = "x\r\n\r\nRDY\r\n\r\nERROR";
    const header = `+CMGL: 1,"REC READ",${FROM},145,${text.length}`;
    expect(read(LIST, `AT+CMGL="ALL"\r\r\n${header}\r\n${text}\r\n\r\nOK\r\n`)).toEqual([
      'echo AT+CMGL="ALL"',
      `answer ${header} | ${text}`,
      "final OK",
    ]);
  });

  it("F05 neighbour: may be shorter than the septets that a modem counts", () => {
    const header = `+CMGR: "REC READ",${FROM},145,4,0,0,"+49171",145,17`;
    expect(read(READ, `AT+CMGR=1\r\r\n${header}\r\n{"a":[1],"b":2}\r\n\r\nOK\r\n`)).toEqual([
      "echo AT+CMGR=1",
      `answer ${header} | {"a":[1],"b":2}`,
      "final OK",
    ]);
  });

  it.each([
    ["of several lines, whose length is not told", `+CMGR: "REC READ",${FROM}`, "a\r\nOK\r\n+CME ERROR: 3"],
    ["as a PDU", "+CMGR: 1,,24", "07914477"],
    ["of a cell broadcast", "+CMGR: 1,5,4370,0,1,1", "OK"],
    ["of a vendor's own command", `+QCMGR: "REC READ",${FROM}`, "OK"],
  ])("F05 neighbour: %s", (_what, header, text) => {
    expect(read(READ, `AT+CMGR=1\r\r\n${header}\r\n${text}\r\n\r\nOK\r\n`)).toEqual([
      "echo AT+CMGR=1",
      `answer ${header} | ${text}`,
      "final OK",
    ]);
  });

  it.each([
    [
      "a status report in a list",
      '+CMGR: "REC READ",6,17,"+49170",145,"26/11/29,10:00:00+04","26/11/29,10:00:04+04",0',
    ],
    ["a command", '+CMGR: "STO SENT",2,0'],
  ])("F05 neighbour: does not follow %s", (_what, header) => {
    expect(read(READ, `AT+CMGR=1\r\r\n${header}\r\n\r\nOK\r\n`)).toEqual([
      "echo AT+CMGR=1",
      `answer ${header}`,
      "final OK",
    ]);
  });

  it("F05 neighbour: does not follow a status report that comes by itself, unless as a PDU", () => {
    expect(unasked('\r\n+CDS: 6,17,"+49170",145,"26/11/29","26/11/29",0\r\n\r\nRING\r\n')).toHaveLength(2);
    expect(unasked("\r\n+CDS: 25\r\n0006\r\n\r\nRING\r\n")).toEqual(["urc +CDS: 25 | 0006", "urc RING"]);
  });

  it("F05 neighbour: is data between the lines of another answer", () => {
    expect(read(CSQ, `AT+CSQ\r\r\n\r\n+CMT: ${FROM}\r\nERROR\r\n\r\n+CSQ: 5,99\r\n\r\nOK\r\n`)).toEqual([
      "echo AT+CSQ",
      `urc +CMT: ${FROM} | ERROR`,
      "answer +CSQ: 5,99",
      "final OK",
    ]);
  });
});

describe("F06 a quoted field that is open", () => {
  const BALANCE = '+CUSD: 1,"Balance: 12.50\r\nExp 01 Jan\r\n00. Home",15';

  it("F06 goes on in the next line, in a URC and in an answer", () => {
    expect(unasked(`\r\n${BALANCE}\r\n\r\nRING\r\n`)).toEqual([`urc ${BALANCE}`, "urc RING"]);
    expect(read(USSD, `AT+CUSD=1,"*100#"\r\r\n${BALANCE}\r\n\r\nOK\r\n`).slice(1)).toEqual([
      `answer ${BALANCE}`,
      "final OK",
    ]);
  });

  it.each(['+CUSD: 0,"a\r\n\r\nOK\r\n\r\nb"', '+CUSD: 0,"RDY\nERROR\n",15', '+CUSD: 2,"\n\n"', '+CUSD: 0,"a\nb", 15'])(
    "F06 neighbour: %j is one line",
    (text) => {
      expect(unasked(`\r\n${text}\r\n`)).toEqual([`urc ${text}`]);
    },
  );

  it("F06 neighbour: opens again in a later field of the same line", () => {
    const line = '+CUSD: 0,"a\r\nb","c\r\nd",15';
    expect(unasked(`\r\n${line}\r\n`)).toEqual([`urc ${line}`]);
  });

  it("F06 neighbour: is a damaged line where its mark does not come, and what follows is read as it is", () => {
    expect(unasked('\r\n+CUSD: 1,"Balance\r\n\r\nRING\r\n\r\n+CEREG: 5\r\n')).toEqual([
      'urc +CUSD: 1,"Balance',
      "urc RING",
      "urc +CEREG: 5",
    ]);
    expect(unasked('\r\n+CUSD: 1,"Balance\r\n\r\n+CUSD: 2,"Home",15\r\n')).toEqual([
      'urc +CUSD: 1,"Balance',
      'urc +CUSD: 2,"Home",15',
    ]);
  });

  it.each([40, 5000])("F06 neighbour: is bounded in lines and bytes (%i lines)", (lines) => {
    const text = `+CUSD: 1,"x${"\r\nline".repeat(lines)}`;
    expect(unasked(`\r\n${text}\r\n\r\n+CEREG: 5\r\n`)).toContain("urc +CEREG: 5");
  });
});

describe("F05 the echo behind a message", () => {
  it.each(["hello", "a\r\nb", ""])("F05 neighbour: is no more of its text (%j)", (text) => {
    expect(read(CSQ, `\r\n+CMT: ${FROM}\r\n${text}\r\nAT+CSQ\r\r\n+CSQ: 5,99\r\n\r\nOK\r\n`)).toEqual([
      `urc +CMT: ${FROM} | ${text}`,
      "echo AT+CSQ",
      "answer +CSQ: 5,99",
      "final OK",
    ]);
  });
});
