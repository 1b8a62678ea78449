import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AtChannel } from "../../../driver/at/channel/channel";
import { commandLine, integer, quote, splitFields, toInteger, wholeText } from "../../../driver/at/fields";
import { isModemError } from "../../../driver/errors";
import { RANDOM_TIMEOUT_MS, randomRuns, runs } from "../../support/random";
import { FakeLine } from "./channel/fake-line";
import { bytes } from "./parser/feed";

const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 12 }),
      fc.string({ unit: "binary", maxLength: 6 }),
      fc.constantFrom(
        "\r",
        "\n",
        "\r\n",
        '"',
        ";",
        "\x1a",
        "\x1b",
        "+++",
        "\0",
        "AT",
        "A/",
        ",",
        "\\",
        "é",
        "č",
        "\u010d\u010a",
      ),
      fc.constantFrom('";+CFUN=16', '"\rAT+CFUN=16\r', "\u2028", "ÿ", "\x7f", "💥"),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));

/** The parameters of a line, read as the modem does: quotation marks can't be escaped. */
function parametersOf(line: string): string[] {
  return line.slice(line.indexOf("=") + 1).match(/"[^"]*"|[^,"]+/g) ?? [];
}

/** What is on the line, and how it is quoted for that. */
const ENCODINGS = [
  { utf8: false, allowed: /^[\x20-\x7e]*$/, onLine: (text: string) => text },
  { utf8: true, allowed: /^[\x20-\x7e\x80-\xff]*$/, onLine: (text: string) => Buffer.from(text).toString("latin1") },
] as const;

describe.each(ENCODINGS)("quoting (UTF-8: $utf8)", ({ utf8, allowed, onLine }) => {
  it("never lets a text become a second command, or leave its field", { timeout: RANDOM_TIMEOUT_MS }, async () => {
    let accepted = 0;
    let refused = 0;
    const check = async (text: string): Promise<void> => {
      const line = new FakeLine();
      const channel = new AtChannel(line);
      try {
        const field = quote(text, { field: "host", max: 128, utf8 });
        const command = commandLine("+UHTTP=", 0, 1, field);
        const work = channel.send({ ...command, utf8, timeout: 1000 });
        line.say("\r\nOK\r\n");
        await work;
        expect(line.text).toBe(`AT+UHTTP=0,1,"${onLine(text)}"\r`);
        expect(parametersOf(line.text.slice(0, -1))).toEqual(["0", "1", `"${onLine(text)}"`]);
        expect(line.text.slice(0, -1)).toMatch(allowed);
        accepted += 1;
      } catch (error) {
        if (!isModemError(error, "INVALID_INPUT")) throw error;
        expect(error.message).toMatch(/^host /);
        expect(line.text).toBe("");
        refused += 1;
      }
    };
    await fc.assert(fc.asyncProperty(hostile, check), randomRuns(20_000));
    // Both happen often enough to have been tested.
    expect(accepted).toBeGreaterThan(runs(20_000) / 200);
    expect(refused).toBeGreaterThan(runs(20_000) / 20);
  });

  it("lets no raw text past the channel that would be more than one line", { timeout: RANDOM_TIMEOUT_MS }, async () => {
    const check = async (text: string): Promise<void> => {
      const line = new FakeLine();
      const channel = new AtChannel(line);
      const command = { line: `AT${text}`, label: "AT", utf8, timeout: 1000 };
      const work = channel.send(command).catch((error: unknown) => error);
      line.say("\r\nOK\r\n");
      const result = await work;
      if (isModemError(result, "INVALID_INPUT")) expect(line.text).toBe("");
      else expect(line.text.slice(0, -1)).toMatch(allowed);
    };
    await fc.assert(fc.asyncProperty(hostile, check), randomRuns(5000));
  });

  it.each([
    ["a quotation mark", 'a"b'],
    ["a CR", "a\rb"],
    ["half a character", "\ud83c"],
    ["DEL", "\x7f"],
    ["a control character beyond ASCII", "\x85"],
    ["too many characters", "12345"],
    ["more than it takes outside ASCII", "äöü"],
  ])("refuses %s and names the field", (_what, text) => {
    expect(() => quote(text, { field: "APN", max: 4, utf8 })).toThrow(/^APN /);
  });

  it("shows stars for a secret, and never the secret in an error", () => {
    const password = quote("P455w0rd", { field: "password", max: 30, secret: true, utf8 });
    expect(commandLine("+CPIN=", password)).toEqual({ line: 'AT+CPIN="P455w0rd"', label: 'AT+CPIN="***"' });
    for (const text of ['P455"', "P455\r", "P455".repeat(9)]) {
      expect(() => quote(text, { field: "password", max: 30, secret: true, utf8 })).toThrow(/^(?!.*P455)password /);
    }
  });
});

it("lets characters beyond ASCII into a line only where that was asked for", async () => {
  const { wire } = quote("Wärme/°C", { field: "topic", max: 256, utf8: true });
  const send = (utf8: boolean): Promise<unknown> => {
    const line = new FakeLine();
    const work = new AtChannel(line).send({ line: `AT+UMQTTC=5,${wire}`, label: "AT", utf8, timeout: 1000 });
    line.say("\r\nOK\r\n");
    return work;
  };
  await send(true);
  await expect(send(false)).rejects.toThrow("outside ASCII");
});

describe("a command line", () => {
  it("leaves parameters empty that are undefined", () => {
    expect(commandLine("+CMUX=", 0, 0, undefined, 128).line).toBe("AT+CMUX=0,0,,128");
    expect(commandLine("+CSQ").line).toBe("AT+CSQ");
  });

  it.each([Number.NaN, 1.5, Number.POSITIVE_INFINITY, 1e21, 2 ** 53])("refuses %d as a number", (value) => {
    expect(() => commandLine("+X=", value)).toThrow(/whole number/);
  });

  it.each([-1, 8, 2.5, Number.NaN])("refuses %d where 0 to 7 is allowed", (value) => {
    expect(() => integer(value, { field: "cid", min: 0, max: 7 })).toThrow("cid must be a whole number from 0 to 7");
  });
});

describe("the fields of an answer", () => {
  const fields = (text: string) => splitFields({ text, data: [] }).map((field) => field.text);

  it.each([
    ["+CSQ: 5,99", ["5", "99"]],
    ["+CSQ:5,99", ["5", "99"]],
    ['+COPS: 0,0,"a,b",7', ["0", "0", "a,b", "7"]],
    ["+CMUX: 0,,,31", ["0", "", "", "31"]],
    ["+X: ,1,", ["", "1", ""]],
    ["+X:", [""]],
    ["+X: ", [""]],
    ["+X: 1 , 2 ", ["1", "2"]],
    ['+X: "unclosed,2', ["unclosed,2"]],
    ['+X: "a" ,"b"', ["a", "b"]],
    ['+X: ""', [""]],
    ["356938035643809", ["356938035643809"]],
    ["a:b,c", ["a:b", "c"]],
    ['CA,"name","subject","2027/01/31 12:00:00"', ["CA", "name", "subject", "2027/01/31 12:00:00"]],
    ['+CGDCONT: 1,"IP","a:b",,0', ["1", "IP", "a:b", "", "0"]],
  ])("of %j are told apart", (text, expected) => {
    expect(fields(text)).toEqual(expected);
  });

  it("keep whether they were quoted, and the bytes of counted strings", () => {
    const line = { text: '+URDFILE: "f",3,""', data: [{ field: 2, bytes: bytes('"\r\n') }] };
    expect(splitFields(line)).toEqual([
      { text: "f", quoted: true },
      { text: "3", quoted: false },
      { text: "", quoted: true, data: bytes('"\r\n') },
    ]);
  });

  it("are found again whatever they are", async () => {
    const field = fc.oneof(
      fc.stringMatching(/^[!#-+\--~]{0,12}$/).map((text) => ({ printed: text, text })),
      fc.stringMatching(/^[ !#-~]{0,12}$/).map((text) => ({ printed: `"${text}"`, text })),
    );
    await fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 8 }), (parts) => {
        const text = `+X: ${parts.map(({ printed }) => printed).join(",")}`;
        expect(fields(text)).toEqual(parts.map((part) => part.text));
      }),
      randomRuns(5000),
    );
  });

  // With a loop within a loop a million characters would take hours.
  it.each([",", '"', '",', "("])("don't take longer than they are long: a million of %j", (body) => {
    expect(splitFields({ text: `+X: ${body.repeat(1_000_000)}`, data: [] }).length).toBeGreaterThan(0);
  });

  it("are whole numbers or NaN", () => {
    const number = (text: string) => toInteger({ text, quoted: false });
    expect([number("12"), number("-1"), number("007")]).toEqual([12, -1, 7]);
    for (const text of ["", " ", "1.5", "0x10", "1e3", "12a", "--1"]) expect(number(text)).toBeNaN();
    expect(toInteger(undefined)).toBeNaN();
  });
});

describe("the whole text of a line", () => {
  const line = (text: string, ...data: [field: number, text: string][]) => ({
    text,
    data: data.map(([field, bytes]) => ({ field, bytes: Buffer.from(bytes, "latin1") })),
  });

  it.each([
    ["+CSQ: 1,99", line("+CSQ: 1,99")],
    ['+USORD: 0,3,"a"b"', line('+USORD: 0,3,""', [2, 'a"b'])],
    ['+URDFILE: "",2,"$&"', line('+URDFILE: "",2,""', [2, "$&"])],
    ['+UMQTTC: 6,0,9,3,"a,b",2,"\r\n"', line('+UMQTTC: 6,0,9,3,"",2,""', [4, "a,b"], [6, "\r\n"])],
  ])("has each counted string where it was: %j", (whole, parts) => {
    expect(wholeText(parts)).toBe(whole);
  });
});
