import { describe, expect, it } from "vitest";
import { LaraHost } from "../lara-host";

const HERE = "route=host.test:*=127.0.0.1:*";

describe("+UPING", () => {
  it("prints a result for each attempt, spaced by the interval", async () => {
    const host = await LaraHost.open([HERE]);
    const start = performance.now();
    expect(await host.command('AT+UPING="host.test",3,64,1000,32,80')).toEqual(["OK"]);
    for (const attempt of [1, 2, 3]) {
      expect(await host.urc(/\+UUPING: /)).toMatch(
        new RegExp(`^\\+UUPING: ${attempt},64,"host.test","127.0.0.1",52,\\d+$`),
      );
    }
    expect(performance.now() - start).toBeGreaterThanOrEqual(155);
  });

  it("counts the added latency into the time", async () => {
    const host = await LaraHost.open([HERE, "latency=50"]);
    await host.command('AT+UPING="host.test",1');
    expect(Number((await host.urc(/\+UUPING: /)).split(",").at(-1))).toBeGreaterThanOrEqual(45);
  });

  it("reports -1 for a host that does not answer, -2 for a TTL that is too low", async () => {
    const host = await LaraHost.open();
    await host.command('AT+UPING="255.255.255.255",1,32,10');
    expect(await host.urc(/\+UUPING: /)).toBe('+UUPING: 1,32,"255.255.255.255","255.255.255.255",0,-1');
    await host.command('AT+UPING="127.0.0.1",1,32,1000,2');
    expect(await host.urc(/\+UUPING: /)).toBe('+UUPING: 1,32,"127.0.0.1","127.0.0.1",0,-2');
  });

  it.each([
    ["", 7],
    ["no-such-host.invalid", 8],
    ["::1", 9],
    ["h".repeat(256), 12],
  ])("prints +UUPINGER for host %j", async (name, code) => {
    const host = await LaraHost.open();
    expect(await host.command(`AT+UPING="${name}"`)).toEqual(["OK"]);
    expect(await host.urc(/\+UUPINGER: /)).toBe(`+UUPINGER: ${code}`);
  });

  it("prints +UUPINGER 17 without a connection, 9 on an IPv6 context", async () => {
    const host = await LaraHost.open();
    await host.command("AT+CFUN=4");
    await host.command('AT+UPING="127.0.0.1"');
    expect(await host.urc(/\+UUPINGER: /)).toBe("+UUPINGER: 17");
    await host.command('AT+CGDCONT=1,"IPV6","internet"');
    await host.command("AT+CFUN=1");
    await host.command("AT+CGACT=1,1");
    await host.command('AT+UPING="127.0.0.1"');
    expect(await host.urc(/\+UUPINGER: /)).toBe("+UUPINGER: 9");
  });

  it("runs one at a time", async () => {
    const host = await LaraHost.open();
    await host.command('AT+UPING="127.0.0.1",2,32,1000,32,100');
    await host.urc(/\+UUPING: 1/);
    expect(await host.command('AT+UPING="127.0.0.1"')).toEqual(["+CME ERROR: operation not allowed"]);
    await host.urc(/\+UUPING: 2/);
    expect(await host.command('AT+UPING="127.0.0.1",1')).toEqual(["OK"]);
  });

  it.each([
    "AT+UPING=host",
    'AT+UPING="h",0',
    'AT+UPING="h",65',
    'AT+UPING="h",1,3',
    'AT+UPING="h",1,1473',
    'AT+UPING="h",1,32,9',
    'AT+UPING="h",1,32,60001',
    'AT+UPING="h",1,32,1000,0',
    'AT+UPING="h",1,32,1000,256',
    'AT+UPING="h",1,32,1000,32,60001',
    'AT+UPING="h",1,32,1000,32,1000,1',
    'AT+UPING="h","1"',
    "AT+UPING=",
  ])("refuses %s", async (line) => {
    const host = await LaraHost.open();
    expect(await host.command(line)).toEqual(["+CME ERROR: incorrect parameters"]);
  });
});

describe("+UDNSRN", () => {
  it("gives the address of a name and the name of an address", async () => {
    const host = await LaraHost.open([HERE]);
    expect(await host.command('AT+UDNSRN=0,"host.test"')).toEqual(['+UDNSRN: "127.0.0.1"', "OK"]);
    expect(await host.command('AT+UDNSRN=1,"127.0.0.1"')).toEqual(['+UDNSRN: "host.test"', "OK"]);
  });

  it("answers by a line of its own when it is asked to", async () => {
    const host = await LaraHost.open([HERE]);
    expect(await host.command('AT+UDNSRN=0,"host.test",1')).toEqual(["OK"]);
    expect(await host.urc(/\+UUDNSRN/)).toBe('+UUDNSRN: 0,"127.0.0.1"');
    expect(await host.command('AT+UDNSRN=0,"no-such-host.invalid",1')).toEqual(["OK"]);
    expect(await host.urc(/\+UUDNSRN/)).toBe("+UUDNSRN: 8");
    expect(await host.command('AT+UDNSRN=0,"host.test",0')).toEqual(['+UDNSRN: "127.0.0.1"', "OK"]);
  });

  it("takes blanks beside commas, as the guide prints them", async () => {
    const host = await LaraHost.open([HERE]);
    expect(await host.command('AT+UDNSRN=0, "host.test"')).toEqual(['+UDNSRN: "127.0.0.1"', "OK"]);
  });

  it("answers ERROR when nobody knows the name", async () => {
    const host = await LaraHost.open();
    expect(await host.command('AT+UDNSRN=0,"no-such-host.invalid"')).toEqual(["ERROR"]);
  });

  it.each([
    ['AT+UDNSRN=2,"a"', "incorrect parameters"],
    ['AT+UDNSRN=0,""', "incorrect parameters"],
    ['AT+UDNSRN=1,"host.test"', "incorrect parameters"],
    ["AT+UDNSRN=0", "incorrect parameters"],
    ['AT+UDNSRN=0,"a",2', "incorrect parameters"],
    ['AT+UDNSRN=0,"a",1,1', "incorrect parameters"],
    [`AT+UDNSRN=0,"${"h".repeat(256)}"`, "text string too long"],
  ])("refuses %s: %s", async (line, words) => {
    const host = await LaraHost.open();
    expect(await host.command(line)).toEqual([`+CME ERROR: ${words}`]);
  });
});
