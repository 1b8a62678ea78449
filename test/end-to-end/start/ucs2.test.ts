import { describe, expect, it, onTestFinished } from "vitest";
import { Modem } from "../../../driver/modem";
import { DEFAULT_SETTINGS } from "../../../driver/settings";
import { Tap, type Trouble } from "../tap";

const SOON = { timeout: 20_000 };
let starts = 0;

function ucs2(text: string): string {
  return Buffer.from(text, "utf16le").swap16().toString("hex").toUpperCase();
}

function replacing(command: string, line: string): Trouble {
  const when = new RegExp(`${command.replace(/[^\w]/g, "\\$&")}\\r`);
  return { when, answer: (text) => `${text}\r\n${line}\r\n\r\nOK\r\n` };
}

/** A ready modem that answers some commands by a program's leave. */
async function ready(
  model: string,
  troubles: readonly Trouble[],
  apn = "internet",
): Promise<{ modem: Modem; tap: Tap }> {
  starts += 1;
  const tap = await Tap.start(`sim:${model}?name=ucs2-${starts}`, troubles);
  const modem = new Modem({ ...DEFAULT_SETTINGS, apn, port: tap.port });
  onTestFinished(async () => {
    await modem.close();
    await tap.stop();
  });
  modem.open();
  await modem.ready(SOON);
  return { modem, tap };
}

describe.each(["LARA-R6", "BG96"])("F10 a %s that another program left at UCS2", (model) => {
  it.each(["T-Mobile", "O2", "3", "中国移动", "Orange España"])(
    "F10 tells its operator by name: %s",
    async (operator) => {
      const { modem } = await ready(model, [replacing("AT+COPS?", `+COPS: 0,0,"${ucs2(operator)}",7`)]);
      expect((await modem.status()).operator).toBe(operator);
    },
  );

  it.each(["26201", "310410", "Vodafone.de", "E-Plus", "BEEF"])(
    "F10 neighbour: leaves %s as it is",
    async (operator) => {
      const { modem } = await ready(model, [replacing("AT+COPS?", `+COPS: 0,0,"${operator}",7`)]);
      expect((await modem.status()).operator).toBe(operator);
    },
  );

  it("F10 neighbour: is told to use ASCII before any text goes either way", async () => {
    const { tap } = await ready(model, []);
    const set = tap.told.indexOf('AT+CSCS="IRA"');
    expect(set).toBeGreaterThan(0);
    expect(set).toBeLessThan(tap.told.search(/AT\+(CGDCONT=|QICSGP=)/));
  });
});

describe("F10 neighbours: an APN", () => {
  it("is not written again only because it is read in UCS2", async () => {
    const line = `+CGDCONT: 1,"IPV4V6","${ucs2("internet")}","",0,0`;
    const { modem, tap } = await ready("LARA-R6", [replacing("AT+CGDCONT?", line)]);
    expect(tap.told).not.toContain("AT+CGDCONT=");
    expect((await modem.status()).apn).toBe("internet");
  });
});
