import { describe, expect, it } from "vitest";
import { LaraHost } from "../lara-host";

const INCORRECT = ["+CME ERROR: incorrect parameters"];

describe("+UMQTTSN", () => {
  it.each([
    ['0,"identity:1"', '0,"identity:1"'],
    ['1,"gateway.example"', '1,"gateway.example",1883'],
    ['1,"gateway.example",2443', '1,"gateway.example",2443'],
    ['2,"192.0.2.1",10000', '2,"192.0.2.1",10000'],
    ["4,2", "4,2"],
    ["5,1", "5,1"],
    ['6,"will/\xc3\xa4"', '6,"will/\xc3\xa4"'],
    ['7,"gone"', '7,0,"gone"'],
    ["8,65535", "8,65535"],
    ["9,1,4", "9,1,4"],
    ["9,1", "9,1"],
  ])("=%s reads back as %s", async (given, shown) => {
    const host = await LaraHost.open();
    expect(await host.command(`AT+UMQTTSN=${given}`)).toEqual(["OK"]);
    expect(await host.command("AT+UMQTTSN?")).toContain(`+UMQTTSN: ${shown}`);
    expect(await host.command(`AT+UMQTTSN=${given.split(",")[0]}`)).toEqual([`+UMQTTSN: ${shown}`, "OK"]);
    expect(await host.command("AT+UMQTTSNNV=0")).toEqual(["OK"]);
    expect(await host.command("AT+UMQTTSN?")).not.toContain(`+UMQTTSN: ${shown}`);
  });

  it.each([
    ["20,2,1", "20,2,1"],
    ["10,1", "10,1"],
  ])("=%s is not among those that are printed together", async (given, shown) => {
    const host = await LaraHost.open();
    expect(await host.command(`AT+UMQTTSN=${given}`)).toEqual(["OK"]);
    expect(await host.command(`AT+UMQTTSN=${given.split(",")[0]}`)).toEqual([`+UMQTTSN: ${shown}`, "OK"]);
    expect((await host.command("AT+UMQTTSN?")).join()).not.toContain(`: ${shown}`);
  });

  it.each([
    "",
    "256",
    "-1",
    "0,meter",
    '0,"a",1',
    '0,"\xff"',
    '1,"a",0',
    '1,"a",65536',
    '2,"gateway.example"',
    "4,3",
    "5,2",
    '7,"a",1',
    "8,65536",
    "9,2",
    "9,1,5",
    "10,2",
    "20,0,0",
    "20,9,0",
    "20,1,2",
  ])("=%s is refused", async (given) => {
    const host = await LaraHost.open();
    expect(await host.command(`AT+UMQTTSN=${given}`)).toEqual(INCORRECT);
  });

  it.each(['3,"a"', "11,1", "12,0"])("=%s is not supported", async (given) => {
    const host = await LaraHost.open();
    expect(await host.command(`AT+UMQTTSN=${given}`)).toEqual(["+CME ERROR: operation not supported"]);
  });

  it.each([0, 1, 6, 7])("=%d takes 256 bytes at most", async (code) => {
    const host = await LaraHost.open();
    expect(await host.command(`AT+UMQTTSN=${code},"${"x".repeat(256)}"`)).toEqual(["OK"]);
    expect((await host.command(`AT+UMQTTSN=${code},"${"x".repeat(257)}"`))[0]).toMatch(/too long/i);
  });
});

describe("+UMQTTSNNV", () => {
  it("stores over a reboot, and loads on request only", async () => {
    const host = await LaraHost.open();
    await host.command("AT+UMQTTSN=8,600");
    await host.command("AT+UMQTTSNNV=2");
    await host.command("AT+UMQTTSN=8,30");
    await host.command("AT+UMQTTSNNV=1");
    expect(await host.command("AT+UMQTTSN=8")).toEqual(["+UMQTTSN: 8,600", "OK"]);
    await host.reboot();
    expect(await host.command("AT+UMQTTSN=8")).toEqual(["+UMQTTSN: 8,0", "OK"]);
    await host.command("AT+UMQTTSNNV=1");
    expect(await host.command("AT+UMQTTSN=8")).toEqual(["+UMQTTSN: 8,600", "OK"]);
  });

  it.each(["", "3", "-1", "1,1"])("=%s is refused", async (given) => {
    const host = await LaraHost.open();
    expect(await host.command(`AT+UMQTTSNNV=${given}`)).toEqual(INCORRECT);
  });
});
