import { describe, expect, it } from "vitest";
import { splitFields } from "../../../../driver/at/fields";
import { ANY } from "../../../../driver/at/parser/expectation";
import { brief, bytes, newParser, read, tokensOf } from "./feed";

const CSQ = { line: "AT+CSQ", expects: [{ prefix: "+CSQ:" }] };

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
  it.each([
    ["lost", "\r\nCONNECT 3\r\nab\r\nOK\r\n", "61620d"],
    ["doubled", "\r\nCONNECT 3\r\naabc\r\nOK\r\n", "616162"],
    ["doubled before a line end", "\r\nCONNECT 3\r\naab\r\r\nOK\r\n", "616162"],
  ])("with a byte %s says so, and goes on with lines", (_how, text, data) => {
    const tokens = read({ line: "AT+R", download: { length: "announced" } }, text);
    expect(tokens.slice(0, 3)).toEqual(["prompt CONNECT", `data ${data}`, "damage"]);
    expect(tokens.at(-1)).toBe("final OK");
  });

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

  it("may follow an information line, which is an answer as well", () => {
    const command = { line: "AT+R=1,1500", expects: [], download: { after: "+R:", length: "announced" as const } };
    expect(read(command, framed(`AT+R=1,1500\r\r\n+R: ${body.length}\r\n`))).toEqual([
      "echo AT+R=1,1500",
      `answer +R: ${body.length}`,
      data,
      "final OK",
    ]);
    expect(read(command, framed(`\r\n+R: ${body.length},"10.0.0.1",7\r\n`))).toEqual([
      `answer +R: ${body.length},"10.0.0.1",7`,
      data,
      "final OK",
    ]);
  });

  it("may be none behind an information line, and no CONNECT is one then", () => {
    const command = { line: "AT+R", expects: [], download: { after: "+R:", length: "announced" as const } };
    expect(read(command, "\r\n+R: 0\r\n\r\nOK\r\n")).toEqual(["answer +R: 0", "final OK"]);
    expect(read(command, "\r\n+R: x\r\n\r\nOK\r\n")).toEqual(["answer +R: x", "final OK"]);
    expect(read(command, "\r\nCONNECT 2\r\n\r\nOK\r\n")).toEqual(["noise CONNECT 2", "final OK"]);
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
