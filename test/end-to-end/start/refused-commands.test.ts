import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Modem } from "../../../driver/modem";
import type { ModemSettings } from "../../../driver/modem-types";
import { DEFAULT_SETTINGS } from "../../../driver/settings";
import { Tap, type Trouble } from "../tap";

const SOON = { timeout: 20_000 };
let starts = 0;

interface Start {
  readonly modem: Modem;
  readonly tap: Tap;
  readonly notes: string[];
  end(): Promise<void>;
}

/** A modem on the way up, one command of whose is answered with an error, always. */
async function start(model: string, refused: RegExp | undefined, settings: Partial<ModemSettings>): Promise<Start> {
  starts += 1;
  const refuse = (when: RegExp): Trouble => ({ when, answer: (line) => `${line}\r\n+CME ERROR: 4\r\n` });
  const troubles = refused === undefined ? [] : [refuse(refused)];
  const tap = await Tap.start(`sim:${model}?name=refused-${starts}`, troubles);
  const modem = new Modem({ ...DEFAULT_SETTINGS, apn: "internet", ...settings, port: tap.port });
  const notes: string[] = [];
  modem.on("trace", ({ direction, text }) => direction === "note" && notes.push(text));
  modem.open();
  const end = async (): Promise<void> => {
    await modem.close();
    await tap.stop();
  };
  return { modem, tap, notes, end };
}

/** What the driver sends on the way up, in the order in which it is sent first. */
async function commandsOf(model: string, settings: Partial<ModemSettings>): Promise<string[]> {
  const { modem, tap, end } = await start(model, undefined, settings);
  await modem.ready(SOON);
  await modem.status();
  await end();
  return [...new Set(tap.told.split("\r").map((line) => line.trim()))].filter((line) => line !== "");
}

function exactly(line: string): RegExp {
  return new RegExp(`(?<![^\\r\\n])${line.replace(/[^\w]/g, "\\$&")}\\r`);
}

/** What a modem can't serve without: to find out whether it is there, to define a wanted APN, to have a radio, to connect. */
const NEEDED = /^AT$|^AT\+CFUN=1$|^AT\+CPIN\?$|^AT\+CGDCONT=|^AT\+QICSGP=1,|^AT\+CGACT=1|^AT\+QIACT=/;

/** What depends on who the modem says it is. */
const WHO = /^AT[EI]|\+CGM|\+CGSN|\+CMEE/;

const SETTINGS: readonly [string, Partial<ModemSettings>, RegExp][] = [
  ["that names itself", {}, /./],
  ["whose model is set by hand", { model: "by hand" }, WHO],
];

describe.each(["LARA-R6", "BG96"])("F09 a %s", (model) => {
  describe.each(SETTINGS)("%s", (_what, chosen, which) => {
    const settings = chosen.model === undefined ? chosen : { ...chosen, model };
    let commands: string[] = [];
    beforeAll(async () => {
      commands = await commandsOf(model, settings);
    });

    it("F09 serves without each command of the way up that it can do without", async () => {
      expect(commands.length).toBeGreaterThan(15);
      const failed: string[] = [];
      for (const line of commands.filter((command) => which.test(command) && !NEEDED.test(command))) {
        const { modem, tap, end } = await start(model, exactly(line), settings);
        try {
          await modem.ready(SOON);
          const { active } = await modem.status();
          if (!active) failed.push(`${line}: inactive`);
          if (tap.troubled === 0) failed.push(`${line}: was not sent`);
        } catch (error) {
          failed.push(`${line}: ${String(error)}`);
        }
        await end();
      }
      expect(failed).toEqual([]);
    }, 300_000);
  });
});

describe("F09 a modem that does not say who it is", () => {
  const SILENT = /(?<![^\r\n])AT(I|\+CGM[IMR]|\+CGSN)\r/;

  it.each(["LARA-R6", "BG96"])("F09 neighbour: serves as the %s that it is set to", async (model) => {
    const { modem, end } = await start(model, SILENT, { model });
    await modem.ready(SOON);
    expect(modem.identity).toEqual({ manufacturer: "", model: "", revision: "", imei: "" });
    await end();
  });

  it("F09 neighbour: is told to be set by hand", async () => {
    const { modem, end } = await start("BG96", SILENT, {});
    await expect(modem.ready({ timeout: 3000 })).rejects.toMatchObject({ message: expect.stringContaining("by hand") });
    await end();
  });
});

describe("F09 a convenience that is refused", () => {
  it.each([
    ["BG96", "AT+QISDE=0"],
    ["LARA-R6", "AT+CGEREP=2,1"],
    ["LARA-R6", "AT+UDCONF=1,0"],
    ["BG96", "AT+CMEE=1"],
  ])("F09 is a note in the log (%s, %s)", async (model, line) => {
    const { modem, notes, end } = await start(model, exactly(line), {});
    await modem.ready(SOON);
    await end();
    expect(notes.filter((note) => note.includes(line)).join()).toContain("operation not supported");
  });
});

afterAll(() => expect(starts).toBeGreaterThan(0));
