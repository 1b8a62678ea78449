import { describe, expect, it } from "vitest";
import { LaraHost } from "./lara-host";

const WRONG = ["+CME ERROR: incorrect parameters"];

describe("what a host sets up once", () => {
  it.each([
    ["AT+UPSV=1", "AT+UPSV?", "+UPSV: 1,2000"],
    ["AT+UPSV=1,1300", "AT+UPSV?", "+UPSV: 1,1300"],
    ["AT+UPSV=3", "AT+UPSV?", "+UPSV: 3"],
    ["AT+UPSMR=1", "AT+UPSMR?", "+UPSMR: 1"],
    ["AT+UURCCONF=1", "AT+UURCCONF?", "+UURCCONF: 1"],
    ["AT+USIO=1", "AT+USIO?", "+USIO: 1,*0"],
    ["AT+URAT=3,2", "AT+URAT?", "+URAT: 3,2"],
    ["AT+UBANDMASK=3,524420", "AT+UBANDMASK?", "+UBANDMASK: 3,524420,0,2,562950035734912"],
    ["AT+UBANDMASK=2,3", "AT+UBANDMASK?", "+UBANDMASK: 3,2061752998111,0,2,3"],
  ])("%s is told by %s", async (set, read, line) => {
    const host = await LaraHost.open();
    expect(await host.command(set)).toEqual(["OK"]);
    expect(await host.command(read)).toEqual([line, "OK"]);
  });

  it.each([
    "AT+UPSV=2",
    "AT+UPSV=0,2000",
    "AT+UPSV=1,39",
    "AT+UPSMR=2",
    "AT+UURCCONF=3",
    "AT+USIO=6",
    "AT+URAT=1",
    "AT+URAT=3,3",
    "AT+UBANDMASK=3,18446744073709551616",
    'AT+UBANDMASK=3,"7"',
    "AT+UBANDMASK=2,1,1",
    "AT+UBANDMASK=0,1",
    "AT+UGPIOC=17,2",
    "AT+UGPIOC=16,2,1",
    "AT+UCGED=5",
  ])("%s is refused", async (line) => {
    const host = await LaraHost.open();
    expect(await host.command(line)).toEqual(WRONG);
  });

  it("is kept over a reboot or lost, each as the manual says", async () => {
    const host = await LaraHost.open();
    for (const line of ["URAT=3", "UBANDMASK=2,1", "USIO=2", "UGPIOC=16,2", "UPSV=1", "UURCCONF=1", "UPSMR=1"]) {
      expect(await host.command(`AT+${line}`)).toEqual(["OK"]);
    }
    await host.reboot();
    expect(await host.command("AT+URAT?")).toEqual(["+URAT: 3", "OK"]);
    expect(await host.command("AT+UBANDMASK?")).toEqual(["+UBANDMASK: 3,2061752998111,0,2,1", "OK"]);
    expect(await host.command("AT+USIO?")).toEqual(["+USIO: 2,*2", "OK"]);
    expect(await host.command("AT+UGPIOC?")).toEqual(["+UGPIOC:", "16,2", "23,255", "24,255", "25,255", "OK"]);
    expect(await host.command("AT+UPSV?")).toEqual(["+UPSV: 0", "OK"]);
    expect(await host.command("AT+UURCCONF?")).toEqual(["+UURCCONF: 0", "OK"]);
    expect(await host.command("AT+UPSMR?")).toEqual(["+UPSMR: 0", "OK"]);
  });

  it("has power saving in the profile that &W stores", async () => {
    const host = await LaraHost.open();
    await host.command("AT+UPSV=3;&W");
    await host.reboot();
    expect(await host.command("AT+UPSV?")).toEqual(["+UPSV: 3", "OK"]);
    await host.command("AT&F");
    expect(await host.command("AT+UPSV?")).toEqual(expect.arrayContaining(["+UPSV: 0"]));
  });
});

describe("+UURCCONF", () => {
  it("keeps unsolicited lines from the port, and lets them come again", async () => {
    const host = await LaraHost.open();
    await host.command("AT+CEREG=1;+UURCCONF=2");
    await host.command("AT+COPS=2");
    await host.command("AT+COPS=0");
    expect(await host.command("AT+UURCCONF=0")).toEqual(["OK"]);
    await host.command("AT+COPS=2");
    expect(await host.urc(/\+CEREG/)).toBe("+CEREG: 0");
  });
});

describe("+UCGED", () => {
  it("describes the serving cell in lines without a prefix", async () => {
    const host = await LaraHost.open();
    expect(await host.command("AT+UCGED?")).toEqual(["+UCGED: 0", "OK"]);
    await host.command("AT+UCGED=2");
    const [head, network, cell, ok] = await host.command("AT+UCGED?");
    expect([head, network, ok]).toEqual(["+UCGED: 2", "6,4,001,01", "OK"]);
    const fields = cell?.split(",") ?? [];
    expect(fields.slice(4, 6)).toEqual(["04d2", "01a2d001"]);
    expect(fields.slice(10, 12)).toEqual(["-95", "-9"]);
  });

  it("has no cell to describe without a network", async () => {
    const host = await LaraHost.open();
    await host.command("AT+UCGED=2;+COPS=2");
    const [, network, cell] = await host.command("AT+UCGED?");
    expect(network).toBe("6,3,fff,fff");
    expect(cell?.split(",").slice(10, 12)).toEqual(["255", "255"]);
  });
});

describe("+CEER", () => {
  it("tells why the network refused last", async () => {
    const host = await LaraHost.open(["apn=good"]);
    expect(await host.command("AT+CEER")).toEqual(["+CEER: No cause information available", "OK"]);
    await host.command('AT+CGDCONT=2,"IP","bad"');
    const refusal = "requested service option not subscribed";
    expect(await host.command("AT+CGACT=1,2")).toEqual([`+CME ERROR: ${refusal}`]);
    expect(await host.command("AT+CEER")).toEqual([`+CEER: ${refusal}`, "OK"]);
  });
});

describe("a context that is redefined while it is up", () => {
  it("falls when it is dialled anew with an APN that the network refuses", async () => {
    const host = await LaraHost.open(["apn=good"]);
    await host.command('AT+CGDCONT=1,"IP","bad"');
    expect(await host.command("AT+CGACT?")).toEqual(["+CGACT: 1,1", "OK"]);
    expect(await host.command("AT+CGACT=1,1")).toEqual(["+CME ERROR: requested service option not subscribed"]);
    expect(await host.command("AT+CGACT?")).toEqual(["+CGACT: 1,0", "OK"]);
    await host.command('AT+CGDCONT=1,"IP","good"');
    expect(await host.command("AT+CGACT=1,1")).toEqual(["OK"]);
  });
});

describe("+CPWROFF", () => {
  it("says OK and is deaf until it is switched on, with what NVM holds", async () => {
    const host = await LaraHost.open();
    await host.command('AT+CGDCONT=2,"IP","kept"');
    expect(await host.command("AT+CPWROFF")).toEqual(["OK"]);
    host.write("AT\r");
    await expect(host.until(/OK/, 100)).rejects.toThrow("expected");
    host.fault("reboot");
    await host.untilBooted();
    expect(await host.command("AT+CGDCONT?")).toContain('+CGDCONT: 2,"IP","kept","",0,0,0,0');
  });
});
