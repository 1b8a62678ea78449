import { describe, expect, it } from "vitest";
import { longestTurn } from "../../nodes/support/event-loop";
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
const TURN_MS = 50;
/** A turn may have the garbage of the turns before in it. */
const TRIES = 4;

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

  it.each(["x", "\b", "\r", '"'])("F35 neighbour: a million of %j in one write without a long turn", async (unit) => {
    const host = await open();
    let best = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < TRIES && best >= TURN_MS; tries += 1) {
      host.write(`AT+X="${unit.repeat(1_000_000)}\rAT+CGMM\r`);
      best = Math.min(best, await longestTurn(() => undefined, host.until(/\r\n(BG96|LARA-R6001)\r\n\r\nOK\r\n/)));
    }
    expect(best).toBeLessThan(TURN_MS);
  });

  it.each([3000, 200_000])(
    "F33 neighbour: %i bytes that nobody waited for, and hears the command behind",
    async (count) => {
      const host = await open();
      host.write(`${"x".repeat(count)}AT+CGMM\r`);
      expect((await host.command("AT")).at(-1)).toBe("OK");
      await host.until(/OK\r\n/);
      expect(host.unread).toBe("");
    },
  );

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
