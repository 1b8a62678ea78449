import { describe, expect, it } from "vitest";
import { Bg96Host } from "./bg96-host";

const BOOT = ["RDY", "+CFUN: 1", "+CPIN: READY", "+QIND: SMS DONE", "+QIND: PB DONE", "APP RDY"];

async function bootLines(host: Bg96Host): Promise<string[]> {
  const text = await host.until(/\r\nAPP RDY\r\n/);
  return text.split("\r\n").filter((line) => line !== "");
}

describe("BG96", () => {
  it("names itself", async () => {
    const host = await Bg96Host.open();
    expect(await host.command("ATI")).toEqual(["Quectel", "BG96", "Revision: BG96MAR02A07M1G", "OK"]);
    expect(await host.command("AT+CGMM")).toEqual(["BG96", "OK"]);
  });

  it("tells by its boot lines, in order, that it has restarted", async () => {
    const host = await Bg96Host.open();
    expect(await host.command("AT+CFUN=1,1")).toEqual(["OK"]);
    expect(await bootLines(host)).toEqual(BOOT);
    host.fault("reboot");
    expect(await bootLines(host)).toEqual(BOOT);
  });

  it("asks for the PIN at boot, and has neither messages nor phone book before", async () => {
    const host = await Bg96Host.open(["pin=1234"]);
    host.fault("reboot");
    expect(await bootLines(host)).toEqual(["RDY", "+CFUN: 1", "+CPIN: SIM PIN", "APP RDY"]);
    await host.quiet();
    expect(await host.command("AT+QINISTAT")).toEqual(["+QINISTAT: 0", "OK"]);
    expect(await host.command("AT+QPINC?")).toEqual(['+QPINC: "SC",3,10', '+QPINC: "P2",3,10', "OK"]);
    expect(await host.command("AT+CPIN=1234")).toEqual(["OK"]);
    expect(await host.command("AT+QINISTAT")).toEqual(["+QINISTAT: 7", "OK"]);
  });

  it("says its last words when it is powered down, and stays off until it is switched on", async () => {
    const host = await Bg96Host.open();
    expect(await host.command("AT+QPOWD=1")).toEqual(["OK"]);
    expect(await host.urc(/POWERED DOWN/)).toBe("POWERED DOWN");
    host.write("AT\r");
    host.fault("reboot");
    expect(await bootLines(host)).toEqual(BOOT);
  });

  it("has no last words for an emergency", async () => {
    const host = await Bg96Host.open();
    expect(await host.command("AT+QPOWD=2")).toEqual(["+CME ERROR: 50"]);
    expect(await host.command("AT+QPOWD=0")).toEqual(["OK"]);
    host.fault("reboot");
    expect(await bootLines(host)).toEqual(BOOT);
  });
});

describe("what it tells about the network", () => {
  it("is the cell and its quality in Quectel's words", async () => {
    const host = await Bg96Host.open();
    expect((await host.command("AT+QNWINFO"))[0]).toBe('+QNWINFO: "CAT-M1","00101","LTE BAND 20",6300');
    expect((await host.command("AT+QCSQ"))[0]).toMatch(/^\+QCSQ: "CAT-M1",-\d+,-\d+,\d+,-\d+$/);
    expect((await host.command("AT+COPS?"))[0]).toMatch(/,8$/);
    expect((await host.command("AT+QCCID"))[0]).toMatch(/^\+QCCID: \d+$/);
    expect((await host.command('AT+QENG="servingcell"'))[0]).toMatch(
      /^\+QENG: "servingcell","(NOCONN|CONNECT)","CAT-M","FDD",001,01,1A2D001,187,6300,20,3,3,04D2,-95,-9,-67,12,25$/,
    );
    expect(await host.command('AT+QENG="neighbourcell"')).toEqual(["OK"]);
    expect(await host.command('AT+QENG="all"')).toEqual(["+CME ERROR: 50"]);
    expect((await host.command("AT+QSPN"))[0]).toBe('+QSPN: "Test Network","Test Network","",0,"00101"');
  });

  it("is that there is none", async () => {
    const host = await Bg96Host.open();
    await host.command("AT+CFUN=4");
    expect((await host.command("AT+QNWINFO"))[0]).toBe('+QNWINFO: "No Service"');
    expect((await host.command("AT+QCSQ"))[0]).toBe('+QCSQ: "NOSERVICE"');
    expect(await host.command('AT+QENG="servingcell"')).toEqual(['+QENG: "servingcell","LIMSRV"', "OK"]);
    await host.command("AT+CFUN=1");
    host.fault("lost-registration");
    expect(await host.command('AT+QENG="servingcell"')).toEqual(['+QENG: "servingcell","SEARCH"', "OK"]);
  });

  it("goes down with a weak signal", async () => {
    const host = await Bg96Host.open();
    const sinr = async () => Number((await host.command("AT+QCSQ"))[0]?.split(",")[3]);
    const before = await sinr();
    host.fault("weak-signal");
    expect(await sinr()).toBeLessThan(before);
  });

  it("includes the card, when it is asked to", async () => {
    const host = await Bg96Host.open();
    expect(await host.command("AT+QSIMSTAT?")).toEqual(["+QSIMSTAT: 0,1", "OK"]);
    expect(await host.command("AT+QSIMSTAT=1")).toEqual(["OK"]);
    host.fault("no-sim");
    expect(await host.urc(/\+QSIMSTAT: /)).toBe("+QSIMSTAT: 1,0");
    expect(await host.command("AT+QCCID")).toEqual(["+CME ERROR: 10"]);
  });
});

describe("its settings", () => {
  it("are read by leaving the value out, and stay over a reboot", async () => {
    const host = await Bg96Host.open();
    expect(await host.command('AT+QCFG="nwscanmode"')).toEqual(['+QCFG: "nwscanmode",0', "OK"]);
    expect(await host.command('AT+QCFG="nwscanmode",3,1')).toEqual(["OK"]);
    expect(await host.command('AT+QCFG="band",0xf,0x80000,0x1')).toEqual(["OK"]);
    expect(await host.command('AT+QURCCFG="urcport","usbat"')).toEqual(["OK"]);
    expect(await host.command('AT+QINDCFG="csq",1')).toEqual(["OK"]);
    await host.command("AT+CFUN=1,1");
    await host.urc(/APP RDY/);
    await host.quiet();
    expect(await host.command('AT+QCFG="nwscanmode"')).toEqual(['+QCFG: "nwscanmode",3', "OK"]);
    expect(await host.command('AT+QCFG="band"')).toEqual(['+QCFG: "band",0xf,0x80000,0x1', "OK"]);
    expect(await host.command('AT+QURCCFG="urcport"')).toEqual(['+QURCCFG: "urcport","usbat"', "OK"]);
    expect(await host.command('AT+QINDCFG="csq"')).toEqual(['+QINDCFG: "csq",1', "OK"]);
  });

  it.each([
    'AT+QCFG="nwscanmode",2',
    'AT+QCFG="nwscanmode",0,2',
    'AT+QCFG="no-such-setting"',
    'AT+QCFG="band",1,2',
    "AT+QCFG",
    'AT+QURCCFG="urcport","usb9"',
    'AT+QURCCFG="urcport",uart1',
    "AT+QISDE=2",
  ])("refuse %s", async (line) => {
    const host = await Bg96Host.open();
    expect((await host.command(line))[0]).toMatch(/^\+CME ERROR: (50|4)$/);
  });

  it("of echo at a send prompt are on at boot", async () => {
    const host = await Bg96Host.open();
    expect(await host.command("AT+QISDE?")).toEqual(["+QISDE: 1", "OK"]);
    await host.command("AT+QISDE=0");
    expect(await host.command("AT+QISDE?")).toEqual(["+QISDE: 0", "OK"]);
  });
});

describe("+QSSLCFG", () => {
  it("keeps each setting by context, and takes a suite as 0x and 0X", async () => {
    const host = await Bg96Host.open();
    for (const [set, read] of [
      ['"sslversion",1,1', '"sslversion",1,1'],
      ['"ciphersuite",1,0x0005', '"ciphersuite",1,0X0005'],
      ['"ciphersuite",2,0XC02F', '"ciphersuite",2,0XC02F'],
      ['"cacert",1, "cacert.pem"', '"cacert",1,"cacert.pem"'],
      ['"clientkey",3,"RAM:key.pem"', '"clientkey",3,"RAM:key.pem"'],
      ['"seclevel",1,2', '"seclevel",1,2'],
      ['"negotiatetime",0,10', '"negotiatetime",0,10'],
      ['"sni",1,1', '"sni",1,1'],
      ['"checkhost",1,1', '"checkhost",1,1'],
    ]) {
      expect(await host.command(`AT+QSSLCFG=${set}`)).toEqual(["OK"]);
      const query = set?.split(",").slice(0, 2).join(",");
      expect(await host.command(`AT+QSSLCFG=${query}`)).toEqual([`+QSSLCFG: ${read}`, "OK"]);
    }
    expect(await host.command('AT+QSSLCFG="ciphersuite",0')).toEqual(['+QSSLCFG: "ciphersuite",0,0XFFFF', "OK"]);
    expect(await host.command('AT+QSSLCFG="cacert",0')).toEqual(["OK"]);
  });

  it.each([
    '"ciphersuite",2,"0XFFFF"',
    '"ciphersuite",2,0x1301',
    '"ciphersuite",2,5',
    '"sslversion",1,5',
    '"sslversion",6,1',
    '"seclevel",1,3',
    '"negotiatetime",1,9',
    '"cacert",1,cacert.pem',
    '"cacert",1,"a/b"',
    '"sni",1,2',
    '"alpn",1,"http/1.1"',
    '"seclevel"',
  ])("refuses %s", async (parameters) => {
    const host = await Bg96Host.open();
    expect(await host.command(`AT+QSSLCFG=${parameters}`)).toEqual(["ERROR"]);
  });
});
