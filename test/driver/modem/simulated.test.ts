import { once } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { PinMemory } from "../../../driver/cellular/pin-memory";
import type { Timing } from "../../../driver/life/timing";
import { Modem } from "../../../driver/modem";
import type { ModemSettings } from "../../../driver/modem-types";
import { useEventLoopClock } from "../../support/clock";
import { SETTINGS } from "../life/start-life";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

const modems: Modem[] = [];
let number = 0;

/** A modem of its own for each test: a simulated one lives on for the process, keyed by its text. */
function make(port: string, settings: Partial<ModemSettings> = {}, timing: Partial<Timing> = {}): Modem {
  number += 1;
  const text = `${port}${port.includes("?") ? "&" : "?"}seed=${number}`;
  const modem = new Modem({ ...SETTINGS, port: text, ...settings }, { pins: new PinMemory(), timing });
  modems.push(modem);
  modem.open();
  return modem;
}

afterEach(async () => {
  await Promise.all(modems.splice(0).map((modem) => modem.close()));
});

describe.each([
  ["LARA-R6", "u-blox", "LTE"],
  ["BG96", "Quectel", "LTE-M"],
])("a simulated %s", (model, manufacturer, technology) => {
  it("is recognised, registered and connected", async () => {
    const modem = make(`sim:${model}?operator=Nord`);
    await modem.ready({ timeout: 20_000 });
    expect(modem.identity).toMatchObject({ manufacturer, model: expect.stringContaining(model) });
    expect(await modem.status()).toMatchObject({
      cid: 1,
      active: true,
      apn: "internet",
      operator: "Nord",
      technology,
      registration: "home",
      addresses: expect.arrayContaining([expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/)]),
      signal: { rssi: expect.any(Number) },
    });
  });

  it("waits for registration", async () => {
    const modem = make(`sim:${model}?registration=3000`);
    const searching = new Promise<void>((resolve) => {
      modem.on("state", (state) => state === "searching" && resolve());
    });
    await searching;
    await modem.ready({ timeout: 20_000 });
  });

  it("enters the SIM's PIN", async () => {
    const modem = make(`sim:${model}?pin=2468`, { pin: "2468" });
    const trace: string[] = [];
    modem.on("trace", ({ text }) => trace.push(text));
    await modem.ready({ timeout: 20_000 });
    expect(trace.some((text) => text.startsWith("AT+CPIN="))).toBe(true);
    expect(trace.join("\n")).not.toContain("2468");
  });

  it("says that the PIN is wrong, and tries it once", async () => {
    const modem = make(`sim:${model}?pin=2468`, { pin: "1357" });
    const trace: string[] = [];
    modem.on("trace", ({ direction, text }) => direction === "sent" && trace.push(text));
    await expect(modem.ready({ timeout: 20_000 })).rejects.toMatchObject({ code: "SIM_ERROR" });
    expect(trace.filter((text) => text.startsWith("AT+CPIN="))).toHaveLength(1);
  });

  it("is set up again after a reboot that a command asked for", async () => {
    const modem = make(`sim:${model}`);
    await modem.ready({ timeout: 20_000 });
    const left = once(modem, "state");
    const restarted = once(modem, "restarted");
    await modem.execute(model === "BG96" ? "AT+CFUN=1,1" : "AT+CFUN=16", { timeout: 5000 });
    expect((await left)[0]).not.toBe("ready");
    await restarted;
    await modem.ready({ timeout: 25_000 });
    expect(await modem.status()).toMatchObject({ active: true, registration: "home" });
  });

  it("answers raw commands, and refuses what is no command", async () => {
    const modem = make(`sim:${model}`);
    await modem.lineReady({ timeout: 20_000 });
    expect((await modem.execute("+CGSN", { timeout: 5000 })).lines).toEqual([modem.identity?.imei]);
    expect((await modem.execute("at+cereg?", { timeout: 5000 })).lines[0]).toMatch(/^\+CEREG: \d,\d/);
    await expect(modem.execute("AT+NONSENSE", { timeout: 5000 })).rejects.toMatchObject({ code: "MODEM_REJECTED" });
    for (const command of ["", "AT\rAT+CFUN=0", "AT+X=\u001a", "AT+Ü", "A/", "x".repeat(3000)]) {
      await expect(modem.execute(command, { timeout: 5000 })).rejects.toMatchObject({
        code: "INVALID_INPUT",
        message: expect.stringContaining("command"),
      });
    }
  });
});

describe("a simulated LARA-R6 with settings that need a reboot", () => {
  it("F28 is rebooted for the profile, then for the rest, and not again the next time", async () => {
    const settings = { mnoProfile: 100, cid: 2 };
    const modem = make("sim:LARA-R6", settings);
    const restarts: string[] = [];
    modem.on("restarted", ({ reason }) => restarts.push(reason));
    await modem.ready({ timeout: 25_000 });
    expect((await modem.execute("+UMNOPROF?", { timeout: 5000 })).lines).toEqual(["+UMNOPROF: 100"]);
    expect((await modem.execute("+UDCONF=19", { timeout: 5000 })).lines).toEqual(["+UDCONF: 19,2,0"]);
    await modem.close();
    modem.open();
    await modem.ready({ timeout: 25_000 });
    expect(restarts).toHaveLength(2);
  });
});

describe("a simulated port", () => {
  it("that is in use already is told so", async () => {
    const modem = make("sim:LARA-R6");
    await modem.ready({ timeout: 20_000 });
    const second = new Modem({ ...SETTINGS, port: `sim:LARA-R6?seed=${number}` });
    modems.push(second);
    second.open();
    await expect(second.ready({ timeout: 500 })).rejects.toMatchObject({
      code: "MODEM_OFFLINE",
      message: expect.stringContaining("in use"),
    });
  });

  it("with a wrong option is told so", async () => {
    const modem = make("sim:LARA-R6?bawd=1");
    await expect(modem.ready({ timeout: 500 })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("bawd"),
    });
  });
});
