import { describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../support/clock";
import { Bg96Host } from "../quectel/bg96-host";
import { LaraHost } from "../ublox/lara-host";

// Durations of faults are not waited for in real time.
vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

const MODELS = [
  ["LARA-R6", () => LaraHost.open()],
  ["BG96", () => Bg96Host.open()],
] as const;

describe.each(MODELS)("a command of a %s", (_model, open) => {
  it.each([
    ["refuse=+CSQ", "AT+CSQ", 4],
    ["refuse=+CSQ:14", "AT+CSQ", 14],
    ["refuse=+CFUN?:30", "AT+CFUN?", 30],
    ["refuse=E1:3", "ATE1", 3],
    ["refuse=I:50", "ATI", 50],
    ["refuse=at+cgdcont=2:50", 'AT+CGDCONT=2,"IP","a"', 50],
  ])("is refused once: %s", async (spec, line, code) => {
    const host = await open();
    await host.command("AT+CMEE=1");
    host.fault(spec);
    expect(await host.command(line)).toEqual([`+CME ERROR: ${code}`]);
    expect((await host.command(line)).at(-1)).toBe("OK");
  });

  it("is refused with a plain ERROR", async () => {
    const host = await open();
    host.fault("refuse=+CSQ:ERROR");
    expect(await host.command("AT+CSQ")).toEqual(["ERROR"]);
  });

  it("is refused for as long as it was said, and others are not", async () => {
    const host = await open();
    await host.command("AT+CMEE=1");
    host.fault("refuse=+CSQ:4:60m");
    for (let time = 0; time < 3; time += 1) expect(await host.command("AT+CSQ")).toEqual(["+CME ERROR: 4"]);
    expect((await host.command("AT+CESQ")).at(-1)).toBe("OK");
  });

  it("is meant however the blanks stand", async () => {
    const host = await open();
    await host.command("AT+CMEE=1");
    host.fault('refuse=+CGDCONT=2, "IP":5');
    expect(await host.command('AT+CGDCONT=2,"IP","a b"')).toEqual(["+CME ERROR: 5"]);
  });

  it("keeps what is to happen once when what lasts has ended", async () => {
    const host = await open();
    await host.command("AT+CMEE=1");
    host.fault("swallow-result=+CSQ:20ms");
    host.fault("refuse=+CSQ:5");
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(await host.command("AT+CSQ")).toEqual(["+CME ERROR: 5"]);
  });

  it("ends the line where it is refused", async () => {
    const host = await open();
    host.fault("refuse=+CSQ:ERROR");
    expect(await host.command("AT+CGATT?;+CSQ;+CGATT?")).toEqual(["+CGATT: 1", "ERROR"]);
  });

  it("is run, and its answer is lost", async () => {
    const host = await open();
    host.fault("swallow=+CMGF");
    host.write("AT+CMGF=1\r");
    expect(await host.command("AT+CSQ")).toEqual(["+CSQ: 23,99", "OK"]);
    expect(await host.command("AT+CMGF?")).toEqual(["+CMGF: 1", "OK"]);
  });

  it("loses its result only", async () => {
    const host = await open();
    host.fault("swallow-result=+CSQ");
    host.write("AT+CSQ\r");
    expect(await host.command("AT+CGATT?")).toEqual(["+CSQ: 23,99", "+CGATT: 1", "OK"]);
  });

  it.each(["refuse", "refuse=", "swallow", "swallow=", "slow-sim", "slow-connect=soon", "lose-bytes=3"])(
    "%s is not a fault",
    async (spec) => {
      const host = await open();
      expect(() => host.fault(spec)).toThrow();
    },
  );
});

describe.each(["reboot@99999m", "reboot@999999999m", "silence@36000m"])("a fault in months, %s", (spec) => {
  it("does not happen at once", async () => {
    const host = await LaraHost.open();
    host.fault(spec);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await host.command("AT")).toEqual(["OK"]);
  });
});

describe("bytes at a place", () => {
  it.each([
    ["lose-bytes=3@2", "\r\nQ: 23,99\r\n\r\nOK\r\n"],
    ["double-bytes=2@3", "\r\n+CCSSQ: 23,99\r\n\r\nOK\r\n"],
    ["flip-bytes=1@8", "\r\n+CSQ: 33,99\r\n\r\nOK\r\n"],
    ["lose-bytes=4@13", "\r\n+CSQ: 23,99OK\r\n"],
  ])("%s", async (spec, answer) => {
    const host = await LaraHost.open();
    host.fault(spec);
    host.write("AT+CSQ\r");
    expect(await host.take(answer.length)).toBe(answer);
    expect(await host.command("AT+CSQ")).toEqual(["+CSQ: 23,99", "OK"]);
  });

  it("of the host's", async () => {
    const host = await LaraHost.open();
    host.fault("lose-bytes=1@5,to-modem");
    expect(await host.command("AT+CSXQ")).toEqual(["+CSQ: 23,99", "OK"]);
  });

  it("that have not passed yet are lost though another disturbance has ended", async () => {
    const host = await LaraHost.open();
    host.fault("lose-bytes=3@2");
    host.fault("lose-byte=to-modem:20ms");
    await new Promise((resolve) => setTimeout(resolve, 40));
    host.write("AT+CSQ\r");
    expect(await host.take(18)).toBe("\r\nQ: 23,99\r\n\r\nOK\r\n");
  });

  it("at several places", async () => {
    const host = await LaraHost.open();
    host.fault("lose-bytes=1@0");
    host.fault("lose-bytes=1@2");
    host.write("AT+CSQ\r");
    expect(await host.take(18)).toBe("\nCSQ: 23,99\r\n\r\nOK\r");
  });
});
