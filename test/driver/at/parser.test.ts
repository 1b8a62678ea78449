import { describe, expect, it } from "vitest";
import type { InFlight } from "../../../driver/at/classifier";
import { ANY, BARE } from "../../../driver/at/expectation";
import { splitFields } from "../../../driver/at/fields";
import { MAX_LINE } from "../../../driver/at/parser";
import { brief, byteByByte, bytes, newParser, tokensOf } from "./feed";

/** The tokens of one command's bytes, checked to be the same when they come one at a time. */
function read(command: Partial<InFlight> & { line: string }, text: string | Buffer): string[] {
  const inFlight = { expects: [], ...command };
  const whole = typeof text === "string" ? bytes(text) : text;
  const tokens = tokensOf([inFlight], [whole]).map(brief);
  expect(tokensOf([inFlight], byteByByte(whole)).map(brief)).toEqual(tokens);
  return tokens;
}

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

describe("a counted string", () => {
  const evil = bytes('\r\nOK\r\n"+UUHTTPCR: 0,1,1\r\n\0\xff>@"');
  const usord = { line: "AT+USORD=0,64", expects: [{ prefix: "+USORD:" }] };
  const framed = (head: string, tail: string): Buffer => Buffer.concat([bytes(head), evil, bytes(tail)]);

  it("ends by its length, whatever it contains", () => {
    const text = framed(`AT+USORD=0,64\r\r\n+USORD: 0,${evil.length},"`, '"\r\n\r\nOK\r\n');
    expect(read(usord, text)).toEqual([
      "echo AT+USORD=0,64",
      `answer +USORD: 0,${evil.length},"" <${evil.toString("hex")}>`,
      "final OK",
    ]);
  });

  it("is found behind a file name without quotation marks, and behind one with a comma", () => {
    for (const name of ["postdata.txt", '"a,b.txt"']) {
      const text = framed(`\r\n+URDFILE: ${name},${evil.length},"`, '"\r\n\r\nOK\r\n');
      const command = { line: "AT+URDFILE", expects: [{ prefix: "+URDFILE:" }] };
      expect(read(command, text)).toEqual([
        `answer +URDFILE: ${name},${evil.length},"" <${evil.toString("hex")}>`,
        "final OK",
      ]);
    }
  });

  it("may be one of several, with an address in quotation marks before it", () => {
    const usorf = { line: "AT+USORF=0,9", expects: [{ prefix: "+USORF:" }] };
    expect(read(usorf, '\r\n+USORF: 0,"1.2.3.4",7,3,"a"b"\r\n\r\nOK\r\n')).toEqual([
      'answer +USORF: 0,"1.2.3.4",7,3,"" <612262>',
      "final OK",
    ]);
    const umqttc = { line: "AT+UMQTTC=6,1", expects: [{ prefix: "+UMQTTC:" }] };
    expect(read(umqttc, '\r\n+UMQTTC: 6,0,7,3,"t"p",4,"\r\nOK"\r\n\r\nOK\r\n')).toEqual([
      'answer +UMQTTC: 6,0,7,3,"",4,"" <742270> <0d0a4f4b>',
      "final OK",
    ]);
  });

  it("applies by the first field where the rule says so", () => {
    const umqttc = { line: "AT+UMQTTC=1", expects: [{ prefix: "+UMQTTC:" }] };
    expect(read(umqttc, '\r\n+UMQTTC: 1,0,7,3,"t"\r\n\r\nOK\r\n')).toEqual(['answer +UMQTTC: 1,0,7,3,"t"', "final OK"]);
  });

  it.each([
    ['+USORD: 0,0,""', 'answer +USORD: 0,0,"" <>'],
    ["+USORD: 0,0", "answer +USORD: 0,0"],
    ['+USORD: 0,""', 'answer +USORD: 0,""'],
    ["+USORD: 0,16", "answer +USORD: 0,16"],
    ['+USORD:0,3,"a"b"', 'answer +USORD:0,3,"" <612262>'],
    ['+USORD: 0, 3, "a"b"', 'answer +USORD: 0, 3, "" <612262>'],
    ['+USORD: 0,x,"a"', 'answer +USORD: 0,x,"a"'],
    ['+USORD: 0,99999999999,"a"', 'answer +USORD: 0,99999999999,"a"'],
    ['+USORD: 0,-1,"a"', 'answer +USORD: 0,-1,"a"'],
    ['+USORD: 0,2,"ab', 'answer +USORD: 0,2,"" <6162>'],
  ])("in the form %j is understood", (text, token) => {
    expect(read(usord, `\r\n${text}\r\n\r\nOK\r\n`)).toEqual([token, "final OK"]);
  });

  it("keeps its place among the fields", () => {
    const [token] = tokensOf([usord], [bytes('\r\n+USORD: 0,3,"a,b"\r\nOK\r\n')]);
    if (token?.type !== "answer") throw new Error("no answer");
    expect(splitFields(token.line)).toEqual([
      { text: "0", quoted: false },
      { text: "3", quoted: false },
      { text: "", quoted: true, data: bytes("a,b") },
    ]);
  });

  it("that never ends is given up with its command", () => {
    const parser = newParser();
    parser.begin(usord);
    parser.push(bytes('\r\n+USORD: 0,655,"short"\r\n\r\nOK\r\n'), () => expect.unreachable());
    const noise: string[] = [];
    parser.abandon((token) => noise.push(brief(token)));
    expect(noise).toEqual(['noise +USORD: 0,655,"']);
    expect(tokensOf([CSQ], [bytes("AT+CSQ\r\r\nOK\r\n")], parser).map(brief)).toEqual(["echo AT+CSQ", "final OK"]);
    expect(parser.buffered).toBe(0);
  });
});

describe("a prompt", () => {
  it.each([
    [">", "\r\n>", ">"],
    [">", "\r\n> ", ">"],
    [">", "\r\n>\r\n", ">"],
    [">", "\r\n> \r\n", ">"],
    [">", ">", ">"],
    ["@", "\r\n@", "@"],
    ["any", "\r\n@", "@"],
    ["any", "\r\n> ", ">"],
    ["CONNECT", "\r\nCONNECT\r\n", "CONNECT"],
    ["any", "\r\nCONNECT 150000000\r\n", "CONNECT"],
  ] as const)("%s is seen in %j", (prompt, text, seen) => {
    const command = { line: "AT+X=1", expects: [], prompt };
    expect(read(command, `AT+X=1\r${text}\r\nOK\r\n`)).toEqual(["echo AT+X=1", `prompt ${seen}`, "final OK"]);
  });

  it("counts only while a command waits for that one, and once", () => {
    expect(read({ line: "AT+X=1", expects: [ANY] }, "AT+X=1\r\r\n> \r\n@\r\nOK\r\n")).toEqual([
      "echo AT+X=1",
      "answer > ",
      "answer @",
      "final OK",
    ]);
    expect(read({ line: "AT+X=1", expects: [ANY], prompt: "@" }, "AT+X=1\r\r\n>1\r\n@\r\n@2\r\nOK\r\n")).toEqual([
      "echo AT+X=1",
      "answer >1",
      "prompt @",
      "answer @2",
      "final OK",
    ]);
  });

  it("may be replaced by an error", () => {
    expect(read({ line: "AT+X=1", prompt: ">" }, "AT+X=1\r\r\nERROR\r\n> \r\n")).toEqual([
      "echo AT+X=1",
      "final ERROR",
      "urc > ",
    ]);
  });
});

describe("a download", () => {
  const body = bytes("\r\nOK\r\n> \0\xff+CEREG: 1\r\nCONNECT\r\n");
  const framed = (connect: string): Buffer => Buffer.concat([bytes(connect), body, bytes("\r\nOK\r\n")]);
  const data = `data ${body.toString("hex")}`;

  it("of a known or an announced length is taken as it is", () => {
    const known = { line: "AT+R", download: { length: body.length } };
    expect(read(known, framed("AT+R\r\r\nCONNECT\r\n"))).toEqual(["echo AT+R", "prompt CONNECT", data, "final OK"]);
    const announced = { line: "AT+R", download: { length: "announced" } } as const;
    expect(read(announced, framed(`\r\nCONNECT ${body.length}\r\n`))).toEqual(["prompt CONNECT", data, "final OK"]);
    expect(read(announced, "\r\nCONNECT 0\r\n\r\nOK\r\n")).toEqual(["prompt CONNECT", "final OK"]);
  });

  it("may end where a function says, in this arrival or ahead of it", () => {
    const whenHeadIsThere = (received: Buffer) => (received.length < 4 ? undefined : body.length);
    expect(read({ line: "AT+R", download: { length: whenHeadIsThere } }, framed("\r\nCONNECT\r\n"))).toEqual([
      "prompt CONNECT",
      data,
      "final OK",
    ]);
    const whenAllIsThere = (received: Buffer) => (received.length < body.length + 4 ? undefined : body.length);
    expect(read({ line: "AT+R", download: { length: whenAllIsThere } }, framed("\r\nCONNECT\r\n"))).toEqual([
      "prompt CONNECT",
      data,
      "final OK",
    ]);
  });

  it("may end by silence, and an error line at its end is a line again", () => {
    const parser = newParser();
    const length = (received: Buffer, quiet: number) => (quiet < 1000 ? undefined : received.indexOf("\r\n+CME"));
    parser.begin({ line: "AT+R", expects: [], download: { length } });
    const tokens: string[] = [];
    parser.push(bytes("\r\nCONNECT\r\nhalf\r\n+CME ERROR: 702\r\n"), (token) => tokens.push(brief(token)));
    expect(parser.awaitsSilence).toBe(true);
    parser.silence(500, (token) => tokens.push(brief(token)));
    parser.silence(1000, (token) => tokens.push(brief(token)));
    expect(tokens).toEqual(["prompt CONNECT", "data 68616c66", "final +CME ERROR: 702"]);
    expect(parser.awaitsSilence).toBe(false);
  });

  it("does not begin while no command has one", () => {
    expect(read({ line: "AT+R", expects: [ANY] }, "\r\nCONNECT\r\nabc\r\nOK\r\n")).toEqual([
      "answer CONNECT",
      "answer abc",
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
