import { describe, expect, it, vi } from "vitest";
import type { CommandDefinition } from "../../../simulator/line/command";
import { useEventLoopClock } from "../../support/clock";
import { lineModem } from "./line-modem";

// No guard time, gap or timeout is waited for in real time.
vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

/** Every byte there is, with everything that looks like the end of something. */
const EVERYTHING = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, value) => value)),
  Buffer.from('\r\nOK\r\n"+++\x1a\x1b\r\n+UUSORD: 0,1\r\nAT\r'),
]);

const upload = (taken: Buffer[], timeout?: number): CommandDefinition => ({
  name: "+UP",
  set: async (call) => {
    const bytes = await call.prompt(">", Number(call.arguments[0]?.text), timeout);
    taken.push(bytes);
    call.info(`+UP: ${bytes.length}`);
  },
});

describe("a prompt", () => {
  it("takes exactly the announced bytes, whatever they are, and echoes none", async () => {
    const taken: Buffer[] = [];
    const { client } = lineModem([upload(taken)]);
    await client.sendForPrompt(`AT+UP=${EVERYTHING.length}`, ">");
    const before = client.received.length;
    const answer = await client.data(EVERYTHING);
    expect(answer).toEqual({ lines: [`+UP: ${EVERYTHING.length}`], result: "OK" });
    expect(client.received.slice(before)).toBe(`\r\n+UP: ${EVERYTHING.length}\r\n\r\nOK\r\n`);
    expect(taken).toEqual([EVERYTHING]);
  });

  it("leaves what comes behind the announced bytes to the next command line", async () => {
    const taken: Buffer[] = [];
    const { client } = lineModem([upload(taken)]);
    await client.sendForPrompt("AT+UP=3", ">");
    client.write("abcAT+GMM\r");
    await client.through(/\+UP: 3\r\n\r\nOK\r\nAT\+GMM\r\r\nLine\r\n\r\nOK\r\n/);
    expect(taken[0]?.toString()).toBe("abc");
  });

  it("takes bytes that come one at a time", async () => {
    const taken: Buffer[] = [];
    const { client } = lineModem([upload(taken)]);
    await client.sendForPrompt("AT+UP=4", ">");
    for (const byte of "a\rb") client.write(byte);
    expect((await client.data("\n")).lines).toEqual(["+UP: 4"]);
    expect(taken[0]?.toString()).toBe("a\rb\n");
  });

  it("ends with fewer when its time is over", async () => {
    const taken: Buffer[] = [];
    const { client } = lineModem([upload(taken, 30)]);
    await client.sendForPrompt("AT+UP=10", ">");
    expect((await client.data("abc")).lines).toEqual(["+UP: 3"]);
    expect((await client.send("AT")).result).toBe("OK");
  });

  it("waits for as many more when bytes were lost on the way", async () => {
    const taken: Buffer[] = [];
    const { client, interpreter } = lineModem([upload(taken)]);
    interpreter.loseUpload(2);
    await client.sendForPrompt("AT+UP=4", ">");
    client.write("abcd");
    expect((await client.data("\r\r")).lines).toEqual(["+UP: 4"]);
    expect(taken[0]?.toString()).toBe("cd\r\r");
  });

  it("is forgotten by a reboot", async () => {
    const { client, modem } = lineModem([upload([])]);
    await client.sendForPrompt("AT+UP=10", ">");
    modem.reboot("test");
    await client.through(/APP RDY\r\n/);
    expect((await client.send("AT")).result).toBe("OK");
  });
});

describe("data mode", () => {
  const download: CommandDefinition = {
    name: "+DOWN",
    execute: async (call) => {
      call.connect("CONNECT 512");
      await call.raw(EVERYTHING);
      call.info("");
    },
  };

  it("sends bytes as they are between CONNECT and the result", async () => {
    const { client } = lineModem([download]);
    await client.send("ATE0");
    client.write("AT+DOWN\r");
    await client.through(/\r\nCONNECT 512\r\n/);
    expect(await client.bytes(EVERYTHING.length)).toEqual(EVERYTHING);
    expect(await client.through(/OK\r\n/)).toBe("\r\n\r\n\r\nOK\r\n");
  });

  it("ends an upload early by +++ with silence around it, and keeps the three characters out", async () => {
    const taken: Buffer[] = [];
    const { client } = lineModem([
      { name: "+UP", execute: async (call) => void taken.push(await call.prompt("CONNECT", 100)) },
    ]);
    // A guard time of one fiftieth of a second instead of fifty.
    await client.send("ATS12=1");
    await client.sendForPrompt("AT+UP", "CONNECT");
    client.write("abc+++d");
    await new Promise((resolve) => setTimeout(resolve, 25));
    expect((await client.data("+++")).result).toBe("OK");
    expect(taken[0]?.toString()).toBe("abc+++d");
  });
});

describe("unsolicited lines", () => {
  it("wait for the end of the command that runs", async () => {
    let release: () => void = () => undefined;
    const { client, modem } = lineModem([
      { name: "+SLOW", execute: () => new Promise<void>((resolve) => (release = resolve)) },
    ]);
    client.write("AT+SLOW\r");
    await client.through(/AT\+SLOW\r/);
    modem.urc("+EVENT: 1");
    modem.urc("+EVENT: 2");
    release();
    expect(await client.through(/2\r\n/)).toBe("\r\nOK\r\n\r\n+EVENT: 1\r\n\r\n+EVENT: 2\r\n");
  });

  it("do not come into a command line that is being typed", async () => {
    const { client, modem } = lineModem();
    client.write("AT+G");
    await client.through(/AT\+G/);
    modem.urc("+EVENT: 1");
    client.write("MM\r");
    expect(await client.through(/EVENT: 1\r\n/)).toBe("MM\r\r\nLine\r\n\r\nOK\r\n\r\n+EVENT: 1\r\n");
  });

  it("come at once on an idle line", async () => {
    const { client, modem } = lineModem();
    modem.urc("+EVENT: ", Buffer.from([0xff]));
    expect(await client.through(/\xff\r\n/)).toBe("\r\n+EVENT: \xff\r\n");
  });

  it("of work after the result come after it", async () => {
    const { client } = lineModem([
      { name: "+LATER", execute: (call, modem) => call.afterResult(() => modem.urc("+DONE: 1")) },
    ]);
    client.write("AT+LATER\r");
    expect(await client.through(/DONE: 1\r\n/)).toBe("AT+LATER\r\r\nOK\r\n\r\n+DONE: 1\r\n");
  });
});

describe("a reboot", () => {
  it("cuts the running command off, stays silent, then prints the boot lines and starts with echo", async () => {
    const { client, modem } = lineModem([
      {
        name: "+SLOW",
        execute: async (call, { powerCycle }) => {
          await new Promise((resolve) => powerCycle.addEventListener("abort", resolve));
          call.info("+SLOW: too late");
        },
      },
    ]);
    await client.send("ATE0");
    client.write("AT+SLOW\rAT+GMM\r");
    await new Promise((resolve) => setImmediate(resolve));
    modem.reboot("test");
    client.write("AT+LOST\r");
    expect(await client.through(/APP RDY\r\n/)).toBe("\r\nRDY\r\n\r\nAPP RDY\r\n");
    client.write("AT\r");
    expect(await client.through(/OK\r\n/)).toBe("AT\r\r\nOK\r\n");
  });

  it("makes no noise about an exchange that it cut off", async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on("warning", listen);
    const { client, modem } = lineModem([
      {
        name: "+FETCH",
        execute: (_call, { powerCycle }) =>
          new Promise((_resolve, reject) => powerCycle.addEventListener("abort", () => reject(new Error("cut off")))),
      },
    ]);
    client.write("AT+FETCH\r");
    await client.through(/AT\+FETCH\r/);
    modem.reboot("test");
    await client.through(/APP RDY\r\n/);
    expect((await client.send("AT")).result).toBe("OK");
    process.off("warning", listen);
    expect(warnings).toEqual([]);
  });

  it("forgets services and ends waits", async () => {
    const { client, modem } = lineModem();
    const counter = () => modem.service("counter", () => ({ value: 0 }));
    counter().value = 7;
    modem.later(5, () => modem.urc("+NEVER"));
    modem.reboot("test");
    await client.through(/APP RDY\r\n/);
    expect(counter().value).toBe(0);
    expect(client.received).not.toContain("NEVER");
  });
});

describe("a strict line", () => {
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  it("loses what comes sooner than 20 ms after a final result", async () => {
    const { client } = lineModem([], { strict: true });
    await client.send("AT");
    client.write("AT+GMM\r");
    await sleep(30);
    await client.send("AT");
    expect(client.received).not.toContain("Line");
    await sleep(30);
    expect((await client.send("AT+GMM")).lines).toEqual(["Line"]);
  });

  it("loses what comes sooner than 50 ms after a prompt", async () => {
    const taken: Buffer[] = [];
    const { client } = lineModem([upload(taken)], { strict: true });
    await client.sendForPrompt("AT+UP=3", ">");
    client.write("abc");
    await sleep(60);
    expect((await client.data("xyz")).lines).toEqual(["+UP: 3"]);
    expect(taken[0]?.toString()).toBe("xyz");
  });
});
