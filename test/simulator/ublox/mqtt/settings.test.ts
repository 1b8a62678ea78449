import { describe, expect, it } from "vitest";
import { LaraHost } from "../lara-host";

const INCORRECT = ["+CME ERROR: incorrect parameters"];

describe("+UMQTT", () => {
  it.each([
    ['0,"meter 1"', '0,"meter 1"'],
    ['2,"broker.example"', '2,"broker.example",1883'],
    ['2,"192.0.2.1",8883', '2,"192.0.2.1",8883'],
    ['3,"192.0.2.1",1', '3,"192.0.2.1",1'],
    ['4,"meter","secret"', '4,"meter"'],
    ['4,"meter"', '4,"meter"'],
    ["6,2", "6,2"],
    ["7,1", "7,1"],
    ['8,"will/\xc3\xa4"', '8,"will/\xc3\xa4"'],
    ['9,"gone"', '9,0,"gone"'],
    ['9,"00ff",1', '9,1,"00ff"'],
    ["10,65535", "10,65535"],
    ["11,1,4", "11,1,4"],
    ["11,1", "11,1"],
    ["11,0", "11,0"],
  ])("=%s reads back as %s", async (given, shown) => {
    const host = await LaraHost.open();
    expect(await host.command(`AT+UMQTT=${given}`)).toEqual(["OK"]);
    expect(await host.command("AT+UMQTT?")).toContain(`+UMQTT: ${shown}`);
    expect(await host.command(`AT+UMQTT=${given.split(",")[0]}`)).toEqual([`+UMQTT: ${shown}`, "OK"]);
    expect(await host.command("AT+UMQTTNV=0")).toEqual(["OK"]);
    if (!given.startsWith("11,0")) expect(await host.command("AT+UMQTT?")).not.toContain(`+UMQTT: ${shown}`);
  });

  it("maps the client to a context, which the profile does not show", async () => {
    const host = await LaraHost.open();
    expect(await host.command("AT+UMQTT=20,2,1")).toEqual(["OK"]);
    expect(await host.command("AT+UMQTT=20")).toEqual(["+UMQTT: 20,2,1", "OK"]);
    expect((await host.command("AT+UMQTT?")).join()).not.toContain(": 20");
  });

  it.each([
    "",
    "256",
    "-1",
    "0,meter",
    '0,"a",1',
    '0,"\xff"',
    '2,"a",0',
    '2,"a",65536',
    '3,"broker.example"',
    '4,"a","b","c"',
    "6,3",
    "7,2",
    '9,"xyz",1',
    '9,"a",2',
    "10,65536",
    "11,2",
    "11,1,5",
    "20,0,0",
    "20,9,0",
    "20,1,2",
  ])("=%s is refused", async (given) => {
    const host = await LaraHost.open();
    expect(await host.command(`AT+UMQTT=${given}`)).toEqual(INCORRECT);
  });

  it.each(["5,1", "13,1", "1,1024", "12,0"])("=%s is not supported", async (given) => {
    const host = await LaraHost.open();
    expect(await host.command(`AT+UMQTT=${given}`)).toEqual(["+CME ERROR: operation not supported"]);
  });

  it.each([0, 2, 4, 8, 9])("=%d takes 256 bytes at most", async (code) => {
    const host = await LaraHost.open();
    expect(await host.command(`AT+UMQTT=${code},"${"x".repeat(256)}"`)).toEqual(["OK"]);
    expect((await host.command(`AT+UMQTT=${code},"${"x".repeat(257)}"`))[0]).toMatch(/too long/i);
  });
});

describe("+UMQTTNV", () => {
  it("stores over a reboot, and loads on request only", async () => {
    const host = await LaraHost.open();
    await host.command('AT+UMQTT=4,"meter","secret"');
    await host.command("AT+UMQTTNV=2");
    await host.command('AT+UMQTT=4,"other"');
    await host.command("AT+UMQTTNV=1");
    expect(await host.command("AT+UMQTT=4")).toEqual(['+UMQTT: 4,"meter"', "OK"]);
    await host.reboot();
    expect(await host.command("AT+UMQTT=4")).toEqual(['+UMQTT: 4,""', "OK"]);
    await host.command("AT+UMQTTNV=1");
    expect(await host.command("AT+UMQTT=4")).toEqual(['+UMQTT: 4,"meter"', "OK"]);
  });

  it("loads the factory's settings when nothing was stored", async () => {
    const host = await LaraHost.open();
    await host.command("AT+UMQTT=10,60");
    await host.command("AT+UMQTTNV=1");
    expect(await host.command("AT+UMQTT=10")).toEqual(["+UMQTT: 10,0", "OK"]);
  });

  it.each(["", "3", "-1", "1,1"])("=%s is refused", async (given) => {
    const host = await LaraHost.open();
    expect(await host.command(`AT+UMQTTNV=${given}`)).toEqual(INCORRECT);
  });
});
