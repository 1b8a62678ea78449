import { describe, expect, it } from "vitest";
import { LaraHost } from "./lara-host";

const NOT_ALLOWED = ["+CME ERROR: operation not allowed"];

describe("F46 the pins of a LARA-R6", () => {
  it("are written as outputs, and read", async () => {
    const host = await LaraHost.open();
    await host.command("AT+UGPIOC=16,0,1");
    expect(await host.command("AT+UGPIOR=16")).toEqual(["+UGPIOR: 16,1", "OK"]);
    expect(await host.command("AT+UGPIOW=16,0")).toEqual(["OK"]);
    expect(await host.command("AT+UGPIOR=16")).toEqual(["+UGPIOR: 16,0", "OK"]);
  });

  it("F46 neighbour: are read as inputs, and not written", async () => {
    const host = await LaraHost.open();
    await host.command("AT+UGPIOC=23,1");
    expect(await host.command("AT+UGPIOR=23")).toEqual(["+UGPIOR: 23,0", "OK"]);
    expect(await host.command("AT+UGPIOW=23,1")).toEqual(NOT_ALLOWED);
  });

  it("F46 neighbour: have no level while they are off or do something else", async () => {
    const host = await LaraHost.open();
    expect(await host.command("AT+UGPIOR=24")).toEqual(NOT_ALLOWED);
    await host.command("AT+UGPIOC=24,2");
    expect(await host.command("AT+UGPIOW=24,1")).toEqual(NOT_ALLOWED);
  });

  it.each(["AT+UGPIOR=17", "AT+UGPIOR", "AT+UGPIOR=16,1", "AT+UGPIOW=16", "AT+UGPIOW=16,2"])(
    "%s is refused",
    async (line) => {
      const host = await LaraHost.open();
      expect((await host.command(line))[0]).toContain("ERROR");
    },
  );
});

describe("F46 the greeting of a LARA-R6", () => {
  it("is printed after each start, and kept", async () => {
    const host = await LaraHost.open();
    expect(await host.command("AT+CSGT?")).toEqual(['+CSGT: "",0', "OK"]);
    await host.command('AT+CSGT=1,"hello there"');
    host.write("AT+CFUN=16\r");
    await host.until(/\r\nhello there\r\n/);
    await host.untilBooted();
    expect(await host.command("AT+CSGT?")).toEqual(['+CSGT: "hello there",1', "OK"]);
  });

  it("F46 neighbour: is silent again when it is switched off", async () => {
    const host = await LaraHost.open();
    for (const line of ['AT+CSGT=1,"hello"', "AT+CSGT=0"]) expect(await host.command(line)).toEqual(["OK"]);
    await host.reboot();
    expect(await host.command("AT+CSGT?")).toEqual(['+CSGT: "hello",0', "OK"]);
    expect(host.unread).toBe("");
  });

  it("F46 neighbour: has a longest text", async () => {
    const host = await LaraHost.open();
    expect(await host.command("AT+CSGT=?")).toEqual(["+CSGT: (0,1),49", "OK"]);
    expect((await host.command(`AT+CSGT=1,"${"a".repeat(50)}"`))[0]).toContain("too long");
  });
});

describe("F46 the state of the SIM of a LARA-R6", () => {
  it("is told at each change, and kept asked for", async () => {
    const host = await LaraHost.open();
    expect(await host.command("AT+USIMSTAT=1")).toEqual(["OK"]);
    host.fault("no-sim");
    expect(await host.urc(/\+UUSIMSTAT: /)).toBe("+UUSIMSTAT: 0");
    expect(await host.command("AT+USIMSTAT?")).toEqual(["+USIMSTAT: 1", "OK"]);
  });

  it("F46 neighbour: is told after a start", async () => {
    const host = await LaraHost.open();
    await host.command("AT+USIMSTAT=1");
    host.write("AT+CFUN=16\r");
    expect(await host.urc(/\+UUSIMSTAT: /)).toMatch(/\+UUSIMSTAT: 6$/);
  });

  it("F46 neighbour: tells a SIM that boots slowly", async () => {
    const host = await LaraHost.open();
    await host.command("AT+USIMSTAT=7");
    host.fault("slow-sim=50");
    expect(await host.urc(/\+UUSIMSTAT: /)).toBe("+UUSIMSTAT: 4");
    expect(await host.urc(/\+UUSIMSTAT: /)).toBe("+UUSIMSTAT: 6");
  });

  it("F46 neighbour: is not told unasked", async () => {
    const host = await LaraHost.open();
    host.fault("no-sim");
    expect(await host.command("AT+USIMSTAT?")).toEqual(["+USIMSTAT: 0", "OK"]);
    expect(host.unread).toBe("");
  });
});
