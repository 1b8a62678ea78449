import { describe, expect, it, onTestFinished } from "vitest";
import { Modem } from "../../../driver/modem";
import type { ModemSettings } from "../../../driver/modem-types";
import { DEFAULT_SETTINGS } from "../../../driver/settings";
import { simulatorFor } from "../../../simulator/faces/in-process";
import { Tap } from "../tap";

const SOON = { timeout: 30_000 };
/** What became of a PIN is remembered for a SIM. */
const ICCIDS: Readonly<Record<string, string>> = { "LARA-R6": "8988000000000000025", BG96: "8988000000000000033" };
let starts = 0;

/** A simulated modem behind a tap, with a fault, and the driver's before it is opened. */
async function prepare(port: string, settings: Partial<ModemSettings> = {}, fault?: string) {
  starts += 1;
  const name = `${port}${port.includes("?") ? "&" : "?"}name=start-${starts}`;
  const tap = await Tap.start(name);
  if (fault !== undefined) simulatorFor(name).fault(fault);
  const modem = new Modem({ ...DEFAULT_SETTINGS, apn: "internet", ...settings, port: tap.port });
  onTestFinished(async () => {
    await modem.close();
    await tap.stop();
  });
  const restarts: string[] = [];
  modem.on("restarted", ({ reason }) => restarts.push(reason));
  return { modem, tap, restarts, name };
}

describe.each(["LARA-R6", "BG96"])("a simulated %s", (model) => {
  it("F07 counts a wrong PIN once, and the error says how many attempts are left", async () => {
    const { modem, tap } = await prepare(`sim:${model}?pin=2468&iccid=${ICCIDS[model]}`, { pin: "1357" });
    for (let opened = 0; opened < 3; opened += 1) {
      modem.open();
      await expect(modem.ready(SOON)).rejects.toMatchObject({
        code: "SIM_ERROR",
        message: expect.stringContaining("2 attempts"),
      });
      await modem.close();
    }
    expect(tap.told.match(/AT\+CPIN="/g)).toHaveLength(1);
  });

  it("F08 is waited for while its SIM boots", async () => {
    const { modem } = await prepare(`sim:${model}`, {}, "slow-sim=4000");
    modem.open();
    await modem.ready(SOON);
    const left = new Promise((resolve) => modem.once("state", (state, error) => resolve(error ?? state)));
    await modem.execute(model === "BG96" ? "AT+CFUN=1,1" : "AT+CFUN=16", { timeout: 10_000 });
    await left;
    const errors: string[] = [];
    modem.on("state", (state, error) => error?.code === "SIM_ERROR" && errors.push(state));
    await modem.ready(SOON);
    expect(errors).toEqual([]);
  }, 60_000);

  it("F10 is told to use ASCII where another program left it at UCS2", async () => {
    const { modem } = await prepare(`sim:${model}?operator=T-Mobile`, {}, "character-set=UCS2");
    modem.open();
    await modem.ready(SOON);
    expect(await modem.status()).toMatchObject({ operator: "T-Mobile", apn: "internet", active: true });
  });
});

describe("F32 a simulated LARA-R6 that gets IPv6 where both were asked for", () => {
  it.each([
    ["F32 is a note that names 464XLAT", { pdpType: "IPV4V6" }, 1],
    ["F32 neighbour: is none where IPv6 was asked for", { pdpType: "IPV6" }, 0],
    ["F32 neighbour: is none where 464XLAT is on", { pdpType: "IPV4V6", xlat: true }, 0],
  ] satisfies [string, Partial<ModemSettings>, number][])("%s", async (_what, settings, notes) => {
    const { modem } = await prepare("sim:LARA-R6?pdp-type=IPV6", settings);
    const notices: string[] = [];
    modem.on("notice", (text) => notices.push(text));
    modem.open();
    await modem.ready(SOON);
    expect(notices.filter((text) => text.includes("464XLAT"))).toHaveLength(notes);
  });
});

describe("F28 a simulated LARA-R6 whose new operator profile restores factory values", () => {
  it.each([
    ["a context of its own", { cid: 2 }, "+UDCONF=19", "+UDCONF: 19,2,0"],
    ["IPv6 first", { pdpType: "IPV6" }, "+UDCONF=19", "+UDCONF: 19,1,1"],
  ] satisfies [string, Partial<ModemSettings>, string, string][])(
    "F28 has %s in the end",
    async (_what, settings, read, holds) => {
      const { modem, restarts } = await prepare("sim:LARA-R6", { ...settings, mnoProfile: 100 }, "restoring-profile");
      modem.open();
      await modem.ready(SOON);
      expect((await modem.execute(read, { timeout: 5000 })).lines).toEqual([holds]);
      expect((await modem.execute("+UMNOPROF?", { timeout: 5000 })).lines).toEqual(["+UMNOPROF: 100"]);
      expect(restarts).toHaveLength(2);
      await modem.close();
      modem.open();
      await modem.ready(SOON);
      expect(restarts).toHaveLength(2);
    },
    60_000,
  );

  it("F28 neighbour: gets 464XLAT after the reboot that the profile took", async () => {
    const { modem, tap, restarts } = await prepare("sim:LARA-R6", { xlat: true, mnoProfile: 100 }, "restoring-profile");
    modem.open();
    await modem.ready(SOON);
    const orders = tap.told.match(/AT\+(UMNOPROF=100|CFUN=16|UDCONF=66,4,1)(?=\r)/g);
    expect(orders).toEqual(["AT+UMNOPROF=100", "AT+CFUN=16", "AT+UDCONF=66,4,1", "AT+CFUN=16"]);
    expect(restarts).toHaveLength(2);
  }, 60_000);

  it("F28 neighbour: is rebooted once where the rest needs nothing", async () => {
    const { modem, restarts } = await prepare("sim:LARA-R6", { mnoProfile: 100 }, "restoring-profile");
    modem.open();
    await modem.ready(SOON);
    expect(restarts).toHaveLength(1);
  }, 60_000);
});
