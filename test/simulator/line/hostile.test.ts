import { describe, expect, it } from "vitest";
import { stopwatch } from "../../support/clock";
import type { ModemHost } from "../modem-host";
import { Bg96Host } from "../quectel/bg96-host";
import { LaraHost } from "../ublox/lara-host";

const MODELS: readonly (readonly [string, () => Promise<ModemHost>])[] = [
  ["LARA-R6", () => LaraHost.open()],
  ["BG96", () => Bg96Host.open()],
];
const LENGTH = 200_000;
/** ms of this process; quadratic work on 200 kB would take minutes. */
const ENOUGH_MS = 10_000;

const UNITS = ["a", " ", "\b", "x\b", '"', ",", ";", "*", "=", "\n", "\x00", "\xff", "A", "At", "AT", "+", '",', " ;"];

describe.each(MODELS)("F36 a %s bears", (_model, open) => {
  it.each(UNITS)("200 kB of %j, by itself and within commands", async (unit) => {
    const host = await open();
    const flood = unit.repeat(LENGTH / unit.length);
    const passed = stopwatch();
    for (const line of [flood, `AT${flood}`, `AT+X="${flood}"`, `AT+COPS=${flood}`]) host.write(`${line}\r`);
    host.write("\rAT+CGMM\r");
    await host.until(/\r\n(BG96|LARA-R6001)\r\n\r\nOK\r\n/, 10_000);
    expect(passed()).toBeLessThan(ENOUGH_MS);
  });

  it.each(UNITS)("as long a line as it takes of %j, again and again", async (unit) => {
    const host = await open();
    const long = unit.repeat(1900 / unit.length);
    const passed = stopwatch();
    for (const name of ["+QFLST", "+CGDCONT", "+CPIN", "+CSIM", "+CMGS", "+UDCONF", "+QCFG", "+CCLK", "+CRSM", "D"]) {
      for (const line of [`AT${name}="${long}"`, `AT${name}=${long}`, `AT${name}=1,"${long}"`]) {
        host.write(`${line}\r\x1b`);
      }
    }
    host.write("\rAT+CGMM\r");
    await host.until(/\r\n(BG96|LARA-R6001)\r\n\r\nOK\r\n/, 10_000);
    expect(passed()).toBeLessThan(ENOUGH_MS);
  });
});
