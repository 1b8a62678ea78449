import { describe, expect, it, vi } from "vitest";
import type { Call, CommandDefinition } from "../../../../simulator/line/command";
import { CommandError } from "../../../../simulator/line/command-error";
import { useEventLoopClock } from "../../../support/clock";
import { anotherHost, type LineModem, lineModem } from "../line-modem";

// No guard time, gap or timeout is waited for in real time.
vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** `AT+LINK` is in data mode until the host leaves, and hands what it hears to `received`. */
const link = (received: (bytes: Buffer, call: Call) => void | Promise<void>): CommandDefinition => ({
  name: "+LINK",
  execute: (call) =>
    new Promise<void>((resolve) => {
      call.connect("CONNECT", resolve, (bytes) => received(bytes, call));
    }),
});

async function enter(modem: LineModem, line = "AT+LINK"): Promise<void> {
  // A guard time of one fiftieth of a second instead of fifty.
  await modem.client.send("ATS12=1");
  await modem.client.sendForPrompt(line, "CONNECT");
}

describe("data mode", () => {
  it("carries both directions at once until +++ with silence around it", async () => {
    const modem = lineModem([link((bytes, call) => call.raw(bytes))]);
    await enter(modem);
    modem.client.write("AT\r+++ ++\x1a\x1b");
    expect(String(await modem.client.bytes(11))).toBe("AT\r+++ ++\x1a\x1b");
    await pause(30);
    modem.client.write("+++");
    expect(await modem.client.through(/OK\r\n/)).toBe("\r\nOK\r\n");
    expect((await modem.client.send("AT")).result).toBe("OK");
  });

  it("hands over what began like an escape sequence and was none", async () => {
    const heard: string[] = [];
    const modem = lineModem([link((bytes) => void heard.push(bytes.toString()))]);
    await enter(modem);
    await pause(25);
    for (const [piece, silence] of [
      ["++", 60],
      ["+++", 0],
      ["+", 60],
    ] as const) {
      modem.client.write(piece);
      await pause(silence);
    }
    expect(heard.join("")).toBe("++++++");
    modem.client.write("+++");
    await modem.client.through(/OK\r\n/);
    expect(heard.join("")).toBe("++++++");
  });

  it("holds the host off while nobody takes what it sends", async () => {
    const heard: number[] = [];
    const taken: (() => void)[] = [];
    const modem = lineModem([
      link((bytes) => {
        heard.push(bytes.length);
        return new Promise<void>((resolve) => taken.push(resolve));
      }),
    ]);
    await enter(modem);
    for (let part = 0; part < 200; part++) modem.client.write(Buffer.alloc(1000, part));
    await pause(20);
    expect(heard).toHaveLength(1);
    while (heard.reduce((sum, length) => sum + length, 0) < 200_000) {
      taken.shift()?.();
      await pause(0);
    }
    expect(heard.reduce((sum, length) => sum + length, 0)).toBe(200_000);
  });

  it.each(["", "AT&D0"])("outlasts a host that goes away, as %j has it", async (setting) => {
    const heard: string[] = [];
    const modem = lineModem([link((bytes) => void heard.push(bytes.toString()))]);
    if (setting !== "") await modem.client.send(setting);
    await enter(modem);
    modem.client.stream.destroy();
    const next = anotherHost(modem.line);
    await pause(25);
    next.write("AT\r");
    await pause(25);
    expect(heard.join("")).toBe("AT\r");
    next.write("+++");
    expect(await next.through(/OK\r\n/)).toBe("\r\nOK\r\n");
    expect((await next.send("AT")).result).toBe("OK");
  });

  it.each(["AT&D1", "AT&D2"])("is left when the host goes away after %s", async (setting) => {
    const modem = lineModem([link(() => undefined)]);
    await modem.client.send(setting);
    await enter(modem);
    modem.client.stream.destroy();
    const next = anotherHost(modem.line);
    expect((await next.send("AT")).result).toBe("OK");
  });

  it("goes on with a new host where the last one left half an escape sequence", async () => {
    const heard: string[] = [];
    const modem = lineModem([link((bytes) => void heard.push(bytes.toString()))]);
    await enter(modem);
    await pause(25);
    modem.client.write("++");
    await pause(1);
    modem.client.stream.destroy();
    await pause(25);
    anotherHost(modem.line).write("x");
    await expect.poll(() => heard.join("")).toBe("++x");
  });

  it("ends with the final result that the command wants", async () => {
    const { client } = lineModem([
      { name: "+GONE", execute: (call) => call.conclude({ words: "NO CARRIER", digit: 3 }) },
    ]);
    expect((await client.send("AT+GONE")).result).toBe("NO CARRIER");
    client.write("ATE0V0;+GONE\r");
    expect(await client.through(/\d\r/)).toBe("ATE0V0;+GONE\r3\r");
  });
});

describe("a prompt that is typed into", () => {
  const typing = (taken: Buffer[], echo = false): CommandDefinition => ({
    name: "+TYPE",
    execute: async (call) => {
      taken.push(await call.prompt(">", 5, undefined, { typed: { cancelled: new CommandError(700) }, echo }));
    },
  });

  it("takes everything before Ctrl-Z, and of that as much as there is room for", async () => {
    const taken: Buffer[] = [];
    const { client } = lineModem([typing(taken)]);
    await client.sendForPrompt("AT+TYPE", ">");
    client.write("a\rb");
    client.write("cdef\x1aAT+CMEE=1\r");
    expect(await client.through(/OK\r\n.*OK\r\n/s)).toContain("AT+CMEE=1\r");
    expect(String(taken)).toBe("a\rbcd");
  });

  it("is called off by ESC", async () => {
    const taken: Buffer[] = [];
    const { client } = lineModem([typing(taken)]);
    await client.send("AT+CMEE=1");
    await client.sendForPrompt("AT+TYPE", ">");
    expect((await client.data("abc\x1b")).result).toBe("+CME ERROR: 700");
    expect(taken).toEqual([]);
    expect((await client.send("AT")).result).toBe("OK");
  });

  it("shows what is typed, where it is wanted", async () => {
    const taken: Buffer[] = [];
    const { client } = lineModem([typing(taken, true)]);
    await client.sendForPrompt("AT+TYPE", ">");
    const before = client.received.length;
    await client.data("abc\x1a");
    expect(client.received.slice(before)).toBe("abc\x1a\r\nOK\r\n");
  });
});
