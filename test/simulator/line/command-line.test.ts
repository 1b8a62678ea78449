import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCommands } from "../../../simulator/line/parse";
import { randomRuns } from "../../support/random";
import { lineModem } from "./line-modem";

const echoing = {
  name: "+ARGS",
  set: (call: { arguments: readonly { text: string; quoted: boolean }[]; info(line: string): void }) =>
    call.info(`+ARGS: ${call.arguments.map(({ text, quoted }) => (quoted ? `<${text}>` : text)).join("|")}`),
};

/** Sends bytes and returns all that came back before the answer to a command behind them. */
async function exchange(bytes: string, prepare: readonly string[] = []): Promise<string> {
  const { client } = lineModem([echoing]);
  for (const line of prepare) await client.send(line);
  const before = client.received.length;
  client.write(`${bytes}AT+GCAP\r`);
  await client.through(/\+GCAP: \+CGSM\r\n\r\nOK\r\n/);
  return client.received.slice(before).replace(/AT\+GCAP\r[\s\S]*$/, "");
}

describe("a command line", () => {
  it("is echoed as it was typed, with its CR, before the answer", async () => {
    expect(await exchange("AT\r")).toBe("AT\r\r\nOK\r\n");
  });

  it("is not echoed after ATE0, and is again after ATE1", async () => {
    const { client } = lineModem();
    await client.send("ATE0");
    const before = client.received.length;
    await client.send("AT");
    expect(client.received.slice(before)).toBe("\r\nOK\r\n");
    await client.send("ATE1");
    await client.send("AT");
    expect(client.received.endsWith("AT\r\r\nOK\r\n")).toBe(true);
  });

  it("may be written small, but not with one letter of each kind", async () => {
    expect(await exchange("at+csq\r")).toContain("+CSQ: ");
    expect(await exchange("At+csq\r")).toBe("At+csq\r");
  });

  it("may hold blanks outside of strings, which keep theirs", async () => {
    expect(await exchange("AT + ARGS\r")).toContain("ERROR");
    expect(await exchange('AT+ARGS = 1 , "a b" , 2\r')).toContain("+ARGS: 1|<a b>|2\r\n");
  });

  it("takes back a character for each backspace, never the AT", async () => {
    expect(await exchange("AT+CSX\bQ\r")).toContain("+CSQ: ");
    expect(await exchange("ATX\b\b\b\r")).toContain("OK");
  });

  it("ignores control characters, and characters before the AT", async () => {
    expect(await exchange("\0\x1b\nAT\n\0+GMM\r")).toContain("Line");
    expect(await exchange("xyAT+GMM\r")).toContain("Line");
    expect(await exchange("nothing\r")).toBe("nothing\r");
  });

  it("is repeated by A/, without a CR", async () => {
    expect(await exchange("A/", ["AT+CSQ"])).toContain("+CSQ: ");
    expect(await exchange("a/", ["AT+CSQ"])).toContain("+CSQ: ");
  });

  it("is not repeated by A/ behind something else, which V.250 wants in place of AT", async () => {
    expect(await exchange("xA/\r", ["AT+CSQ"])).toBe("xA/\r");
    expect(await exchange("xyz a/ AT+GMM\r", ["AT+CSQ"])).toContain("Line");
  });

  it("runs several commands and ends with one result", async () => {
    expect(await exchange("AT+CSQ;+GMM;E1V1;&D0\r")).toMatch(/\+CSQ: .*\r\n\r\nLine\r\n\r\nOK\r\n$/);
  });

  it("stops at the first command that fails", async () => {
    const answer = await exchange("AT+CSQ;+NONE;+GMM\r");
    expect(answer).toMatch(/\+CSQ: .*\r\n\r\nERROR\r\n$/);
    expect(answer).not.toContain("Line");
  });

  it("is refused beyond the longest line, as a whole", async () => {
    expect(await exchange(`AT+ARGS="${"x".repeat(188)}"\r`)).toContain("+ARGS: <x");
    expect(await exchange(`AT+ARGS="${"x".repeat(200)}"\r`)).toMatch(/\r\nERROR\r\n$/);
  });

  it.each([
    ['AT+ARGS="open\r', "a string without its end"],
    ['AT+ARGS=1"a"\r', "a string that begins within a parameter"],
    ['AT+ARGS="a"b\r', "something behind a string"],
    ["AT+ARGS?1\r", "something behind a question mark"],
    ["AT/\r", "a character that begins no command"],
  ])("%j fails: %s", async (line) => {
    expect(await exchange(line)).toMatch(/\r\nERROR\r\n$/);
  });

  it("never takes a CR into a string: what follows is a line of its own", async () => {
    const answer = await exchange('AT+ARGS="a\rAT+GMM"\r');
    expect(answer).toContain("\r\nERROR\r\n");
    expect(answer).not.toContain("+ARGS: ");
  });

  it("keeps a semicolon and a comma within a string", async () => {
    expect(await exchange('AT+ARGS="a;b,c",,2\r')).toContain("+ARGS: <a;b,c>||2\r\n");
  });

  it("typed ahead of a result is read after it", async () => {
    const answer = await exchange("AT+GMM\rAT+CSQ\r");
    expect(answer).toMatch(/^AT\+GMM\r\r\nLine\r\n\r\nOK\r\nAT\+CSQ\r\r\n\+CSQ: .*\r\n\r\nOK\r\n$/);
  });
});

describe("the registers", () => {
  it("choose the characters that end a line", async () => {
    const { client } = lineModem();
    await client.send("ATE0S4=13");
    const before = client.received.length;
    client.write("AT\r");
    await client.through(/OK\r\r/);
    expect(client.received.slice(before)).toBe("\r\rOK\r\r");
  });

  it("choose the backspace", async () => {
    expect(await exchange("AT+CSX#Q\r", ["ATS5=35"])).toContain("+CSQ: ");
  });

  it("are told in three digits, and have limits", async () => {
    const { client } = lineModem();
    expect((await client.send("ATS3?")).lines).toEqual(["013"]);
    expect((await client.send("ATS3=200")).result).toBe("ERROR");
    expect((await client.send("ATS99=1")).result).toBe("ERROR");
  });
});

describe("whatever a host sends", () => {
  it("leaves the modem able to answer the next line", async () => {
    const hostile = fc.array(
      fc.constantFrom(
        "AT",
        "at",
        "+ARGS",
        "=",
        "?",
        '"',
        ",",
        ";",
        "&",
        "\r",
        "\n",
        "\0",
        "\b",
        "/",
        "A",
        "+",
        " ",
        "é",
        "1",
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          hostile.map((parts) => parts.join("")),
          fc.string({ unit: "binary" }),
        ),
        async (text) => {
          const { client } = lineModem([echoing]);
          client.write(`${text}\rAT&F\rAT+GCAP\r`);
          await client.through(/\+GCAP: \+CGSM\r\n\r\nOK\r\n/);
          client.close();
        },
      ),
      randomRuns(300),
    );
  });

  it("strings come out of a parameter list as they went in", () => {
    const plain = fc.string({ unit: fc.constantFrom("a", " ", ",", ";", "=", "?", "(", "é", "'") });
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1 }), (texts) => {
        const list = texts.map((text) => `"${text}"`).join(" , ");
        const given = texts.map((text) => ({ text, quoted: true }));
        expect([...parseCommands(`+X = ${list} ; E 0`)]).toMatchObject([
          { name: "+X", form: "set", arguments: given },
          { name: "E", form: "execute", arguments: [{ text: "0", quoted: false }] },
        ]);
      }),
    );
  });
});
