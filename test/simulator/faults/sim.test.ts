import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ModemHost } from "../modem-host";
import { Bg96Host } from "../quectel/bg96-host";
import { LaraHost } from "../ublox/lara-host";

const PIN = ["pin=1234"];

function stateFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "sim-state-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "state.json");
}

interface Model {
  readonly open: (options: readonly string[]) => Promise<ModemHost>;
  readonly ask: string;
  /** The answer with so many tries of PIN and PUK. */
  readonly tries: (pin: number, puk: number) => readonly string[];
}

const MODELS: readonly (readonly [string, Model])[] = [
  [
    "LARA-R6",
    {
      open: (options) => LaraHost.open(options),
      ask: "AT+UPINCNT",
      tries: (pin, puk) => [`+UPINCNT: ${pin},3,${puk},10`],
    },
  ],
  [
    "BG96",
    {
      open: (options) => Bg96Host.open(options),
      ask: "AT+QPINC?",
      tries: (pin, puk) => [`+QPINC: "SC",${pin},${puk}`, '+QPINC: "P2",3,10'],
    },
  ],
];

describe.each(MODELS)("F07 the PIN of a %s", (_model, { open, ask, tries }) => {
  it("is counted down to the PUK, and the counter outlives the process", async () => {
    const options = [...PIN, `state=${stateFile()}`];
    const host = await open(options);
    await host.command("AT+CMEE=1");
    expect(await host.command(ask)).toEqual([...tries(3, 10), "OK"]);
    expect(await host.command('AT+CPIN="1111"')).toEqual(["+CME ERROR: 16"]);
    expect(await host.command('AT+CPIN="2222"')).toEqual(["+CME ERROR: 16"]);
    expect(await host.command(ask)).toEqual([...tries(1, 10), "OK"]);
    const later = await open(options);
    await later.command("AT+CMEE=1");
    expect(await later.command(ask)).toEqual([...tries(1, 10), "OK"]);
    expect(await later.command('AT+CPIN="3333"')).toEqual(["+CME ERROR: 12"]);
    expect(await later.command("AT+CPIN?")).toEqual(["+CPIN: SIM PUK", "OK"]);
    expect(await later.command(ask)).toEqual([...tries(0, 10), "OK"]);
  });

  it("F07 neighbour: the right one sets the counter back", async () => {
    const host = await open(PIN);
    await host.command('AT+CPIN="1111"');
    expect(await host.command('AT+CPIN="1234"')).toEqual(["OK"]);
    expect(await host.command(ask)).toEqual([...tries(3, 10), "OK"]);
  });

  it("F07 neighbour: the PUK is counted too", async () => {
    const host = await open(PIN);
    for (const wrong of ["1111", "2222", "3333"]) await host.command(`AT+CPIN="${wrong}"`);
    await host.command('AT+CPIN="11111111","1234"');
    expect(await host.command(ask)).toEqual([...tries(0, 9), "OK"]);
    expect(await host.command('AT+CPIN="12345678","4321"')).toEqual(["OK"]);
    expect(await host.command(ask)).toEqual([...tries(3, 10), "OK"]);
  });

  it("F07 neighbour: nothing is counted without a card", async () => {
    const host = await open([]);
    await host.command("AT+CMEE=1");
    host.fault("no-sim");
    expect(await host.command(ask)).toEqual(["+CME ERROR: 10"]);
  });
});

it("F07 neighbour: a BG96 tells one facility", async () => {
  const host = await Bg96Host.open(PIN);
  expect(await host.command('AT+QPINC="SC"')).toEqual(['+QPINC: "SC",3,10', "OK"]);
  expect(await host.command('AT+QPINC="XX"')).toEqual(["+CME ERROR: 22"]);
  expect(await host.command("AT+QPINC=?")).toEqual(['+QPINC: ("SC","P2")', "OK"]);
});

describe.each(MODELS)("F08 a SIM of a %s that boots slowly", (_model, { open }) => {
  it("refuses, is busy, and is there", async () => {
    const host = await open([]);
    await host.command("AT+CMEE=1");
    host.fault("slow-sim=120");
    const answers = new Set<string>();
    for (let last = ""; last !== "OK"; ) {
      const answer = await host.command("AT+CPIN?");
      last = answer.at(-1) ?? "";
      answers.add(answer.slice(-2).join(" "));
      await host.command("AT+CMEE=1");
    }
    expect([...answers].filter((answer) => answer !== "+CPIN: READY")).toEqual([
      "+CME ERROR: 3",
      "+CME ERROR: 14",
      "+CPIN: READY OK",
    ]);
  });

  it("has no network meanwhile, and registers then", async () => {
    const host = await open([]);
    await host.command("AT+CEREG=1");
    host.fault("slow-sim=100");
    await host.urc(/\+CEREG: 0/);
    expect(await host.command("AT+CEREG?")).toEqual(["+CEREG: 1,0", "OK"]);
    await host.urc(/\+CEREG: 1/);
  });

  it("boots slowly again after a restart, with the PIN still asked for", async () => {
    const host = await open(PIN);
    await host.command("AT+CMEE=1");
    host.fault("slow-sim=60m");
    expect(await host.command("AT+CPIN?")).toEqual(["+CME ERROR: 3"]);
    expect(await host.command('AT+CPIN="1234"')).toEqual(["+CME ERROR: 3"]);
    expect(await host.command("AT+CIMI")).toEqual(["+CME ERROR: 3"]);
    host.fault("slow-sim=0");
    expect(await host.command("AT+CPIN?")).toEqual(["+CPIN: SIM PIN", "OK"]);
  });
});

it("F08 neighbour: a LARA-R6 says it in words", async () => {
  const host = await LaraHost.open();
  host.fault("slow-sim=60m");
  expect(await host.command("AT+CPIN?")).toEqual(["+CME ERROR: operation not allowed"]);
});

it("F08 neighbour: a BG96 prints +CPIN once the card has booted", async () => {
  const host = await Bg96Host.open();
  host.fault("slow-sim=60");
  await host.urc(/\+CPIN: READY/);
  expect(await host.command("AT+CPIN?")).toEqual(["+CPIN: READY", "OK"]);
});

describe.each(MODELS)("F10 a %s whose +CSCS another program left at UCS2", (_model, { open }) => {
  it("writes names in hexadecimal digits", async () => {
    const host = await open(["operator=T-Mobile"]);
    host.fault("character-set=UCS2");
    expect((await host.command("AT+COPS?"))[0]).toContain('"0054002D004D006F00620069006C0065"');
    expect(await host.command("AT+CSCS?")).toEqual(['+CSCS: "UCS2"', "OK"]);
    expect((await host.command("AT+CNUM"))[0]).toBe('+CNUM: "","002B00310032003000320035003500350030003100340037",145');
    await host.command('AT+CSCS="IRA"');
    expect((await host.command("AT+COPS?"))[0]).toContain('"T-Mobile"');
  });
});
