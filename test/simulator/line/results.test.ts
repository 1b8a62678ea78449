import { describe, expect, it } from "vitest";
import type { CommandDefinition } from "../../../simulator/line/command";
import { CommandError } from "../../../simulator/line/command-error";
import { MessageError, PlainError } from "../../../simulator/line/results";
import { lineModem } from "./line-modem";

const failing = (name: string, error: () => Error): CommandDefinition => ({
  name,
  execute: () => {
    throw error();
  },
});

const commands: CommandDefinition[] = [
  failing("+NOSIM", () => new CommandError(10)),
  failing("+OWN", () => new CommandError(700)),
  failing("+SAID", () => new CommandError(3, "said at the place")),
  failing("+UNHEARD", () => new CommandError(999)),
  failing("+SMS", () => new MessageError(321)),
  failing("+PLAIN", () => new PlainError()),
];

describe("results", () => {
  it.each([
    ["AT+NOSIM", ["ERROR", "+CME ERROR: 10", "+CME ERROR: SIM not inserted"]],
    ["AT+OWN", ["ERROR", "+CME ERROR: 700", "+CME ERROR: own words"]],
    ["AT+SAID", ["ERROR", "+CME ERROR: 3", "+CME ERROR: said at the place"]],
    ["AT+UNHEARD", ["ERROR", "+CME ERROR: 999", "+CME ERROR: unknown"]],
    ["AT+SMS", ["+CMS ERROR: 321", "+CMS ERROR: 321", "+CMS ERROR: invalid memory index"]],
    ["AT+PLAIN", ["ERROR", "ERROR", "ERROR"]],
    ["AT+NONE", ["ERROR", "+CME ERROR: 4", "+CME ERROR: operation not supported"]],
    ["AT+GMM=1", ["ERROR", "+CME ERROR: 4", "+CME ERROR: operation not supported"]],
    ["ATY", ["ERROR", "ERROR", "ERROR"]],
  ])("%s is answered as +CMEE asks", async (line, answers) => {
    const { client } = lineModem(commands);
    for (const [mode, answer] of answers.entries()) {
      await client.send(`AT+CMEE=${mode}`);
      expect((await client.send(line)).result).toBe(answer);
    }
  });

  it("are digits after ATV0, with information lines that lose their first line break", async () => {
    const { client } = lineModem(commands);
    client.write("ATE0\r");
    await client.through(/OK\r\n/);
    client.write("ATV0\r");
    await client.through(/0\r/);
    client.write("AT+GMM\r");
    expect(await client.through(/0\r$/)).toBe("Line\r\n0\r");
    client.write("AT+PLAIN\r");
    expect(await client.through(/\r$/)).toBe("4\r");
  });

  it("stay away after ATQ1, information lines do not", async () => {
    const { client } = lineModem(commands);
    await client.send("ATE0");
    client.write("ATQ1\rAT+GMM\rATQ0\r");
    expect(await client.through(/OK\r\n/)).toBe("\r\nLine\r\n\r\nOK\r\n");
  });

  it("come back as they were by Z, from what &W stored; &F knows the factory only", async () => {
    const { client } = lineModem(commands);
    await client.send("ATE0&W");
    await client.send("ATE1");
    await client.send("ATZ");
    const before = client.received.length;
    await client.send("AT");
    expect(client.received.slice(before)).toBe("\r\nOK\r\n");
    await client.send("AT&F");
    await client.send("AT");
    expect(client.received.endsWith("AT\r\r\nOK\r\n")).toBe(true);
  });

  it("of a handler that breaks is ERROR, and the modem lives on", async () => {
    const warned = new Promise((resolve) => process.once("warning", resolve));
    const { client } = lineModem([failing("+BREAK", () => new TypeError("a fault of the simulator"))]);
    expect((await client.send("AT+BREAK")).result).toBe("ERROR");
    expect(String(await warned)).toContain("a fault of the simulator");
    expect((await client.send("AT")).result).toBe("OK");
  });
});
