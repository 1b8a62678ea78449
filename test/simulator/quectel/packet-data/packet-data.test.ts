import { describe, expect, it } from "vitest";
import { Bg96Host } from "../bg96-host";

/** Defines contexts up to a number. */
async function define(host: Bg96Host, count: number): Promise<void> {
  for (let cid = 1; cid <= count; cid += 1) await host.command(`AT+QICSGP=${cid},1,"apn${cid}"`);
}

async function reason(host: Bg96Host): Promise<string | undefined> {
  return (await host.command("AT+QIGETERROR"))[0];
}

describe("+QICSGP", () => {
  it("keeps a definition and prints it without the number", async () => {
    const host = await Bg96Host.open();
    expect(await host.command('AT+QICSGP=2,3,"internet","me","secret",2')).toEqual(["OK"]);
    expect(await host.command("AT+QICSGP=2")).toEqual(['+QICSGP: 3,"internet","me","secret",2', "OK"]);
    expect((await host.command("AT+CGDCONT?")).join()).toContain('+CGDCONT: 2,"IPV4V6","internet"');
  });

  it("takes the blanks that the manual prints", async () => {
    const host = await Bg96Host.open();
    expect(await host.command('AT+QICSGP=1,1, "UNINET","","",1')).toEqual(["OK"]);
    expect(await host.command("AT+QICSGP=1")).toEqual(['+QICSGP: 1,"UNINET","","",1', "OK"]);
  });

  it("keeps definitions over a reboot", async () => {
    const host = await Bg96Host.open();
    await host.command('AT+QICSGP=2,1,"internet"');
    await host.command("AT+CFUN=1,1");
    await host.urc(/APP RDY/);
    await host.quiet();
    expect(await host.command("AT+QICSGP=2")).toEqual(['+QICSGP: 1,"internet","","",0', "OK"]);
  });

  it.each(['0,1,"a"', '17,1,"a"', '1,0,"a"', '1,4,"a"', "1,1,a", "1,1", '1,1,"a","u","p",4', '1,1,"a","",1', '"1"'])(
    "refuses %s with ERROR and 552",
    async (parameters) => {
      const host = await Bg96Host.open();
      expect(await host.command(`AT+QICSGP=${parameters}`)).toEqual(["ERROR"]);
      expect(await reason(host)).toBe('+QIGETERROR: 552,"Invalid parameters"');
    },
  );

  it("tells its ranges", async () => {
    const host = await Bg96Host.open();
    expect(await host.command("AT+QICSGP=?")).toEqual([
      "+QICSGP: (1-16),(1-3),<APN>,<username>,<password>,(0-3)",
      "OK",
    ]);
  });
});

describe("+QIACT", () => {
  it("lists active contexts only, and addresses of the context's type", async () => {
    const host = await Bg96Host.open();
    expect(await host.command("AT+QIACT?")).toEqual(["OK"]);
    await host.command('AT+QICSGP=1,1,"v4"');
    await host.command('AT+QICSGP=2,2,"v6"');
    await host.command('AT+QICSGP=3,3,"both"');
    for (const cid of [3, 1, 2]) expect(await host.command(`AT+QIACT=${cid}`)).toEqual(["OK"]);
    const listed = await host.command("AT+QIACT?");
    expect(listed[0]).toMatch(/^\+QIACT: 1,1,1,"[\d.]+"$/);
    expect(listed[1]).toMatch(/^\+QIACT: 2,1,2,"[\da-f:]+"$/);
    expect(listed[2]).toMatch(/^\+QIACT: 3,1,3,"[\d.]+","[\da-f:]+"$/);
    expect(listed.length).toBe(4);
  });

  it("lets three contexts be active, and a fourth after one was closed", async () => {
    const host = await Bg96Host.open();
    await define(host, 4);
    for (const cid of [1, 2, 3]) expect(await host.command(`AT+QIACT=${cid}`)).toEqual(["OK"]);
    expect(await host.command("AT+QIACT=4")).toEqual(["ERROR"]);
    expect(await reason(host)).toBe('+QIGETERROR: 561,"Open PDP context failed"');
    expect(await host.command("AT+QIDEACT=2")).toEqual(["OK"]);
    expect(await host.command("AT+QIACT=4")).toEqual(["OK"]);
  });

  it("refuses a context that is active already", async () => {
    const host = await Bg96Host.online();
    expect(await host.command("AT+QIACT=1")).toEqual(["ERROR"]);
    expect(await reason(host)).toBe('+QIGETERROR: 572,"Operation not allowed"');
  });

  it("refuses a context that nobody defined", async () => {
    const host = await Bg96Host.open();
    expect(await host.command("AT+QIACT=5")).toEqual(["ERROR"]);
    expect(await reason(host)).toBe('+QIGETERROR: 573,"APN not configured"');
  });

  it("is refused by the network for a wrong APN, although the attach has brought context 1 up", async () => {
    const host = await Bg96Host.open(["apn=right"]);
    await host.command('AT+QICSGP=1,1,"wrong"');
    expect(await host.command("AT+QIACT=1")).toEqual(["ERROR"]);
    expect(await reason(host)).toBe('+QIGETERROR: 561,"Open PDP context failed"');
    await host.command('AT+QICSGP=1,1,"right"');
    expect(await host.command("AT+QIACT=1")).toEqual(["OK"]);
    expect(await reason(host)).toBe('+QIGETERROR: 0,"Operate success"');
  });

  it("is refused for a wrong password", async () => {
    const host = await Bg96Host.open(["apn=a", "apn-user=me", "apn-password=right"]);
    await host.command('AT+QICSGP=1,1,"a","me","wrong",1');
    expect(await host.command("AT+QIACT=1")).toEqual(["ERROR"]);
    await host.command('AT+QICSGP=1,1,"a","me","right",1');
    expect(await host.command("AT+QIACT=1")).toEqual(["OK"]);
  });

  it("fails while the modem is not attached", async () => {
    const host = await Bg96Host.open();
    await host.command("AT+CGATT=0");
    expect(await host.command("AT+QIACT=1")).toEqual(["ERROR"]);
  });
});

describe("a context that the network takes down", () => {
  it("is told once, is listed no more, and opens again only after +QIDEACT", async () => {
    const host = await Bg96Host.online();
    host.fault("lost-context=1");
    expect(await host.urc(/\+QIURC: "pdpdeact"/)).toBe('+QIURC: "pdpdeact",1');
    expect(await host.command("AT+QIACT?")).toEqual(["OK"]);
    expect(await host.command("AT+QIACT=1")).toEqual(["ERROR"]);
    expect(await host.command("AT+QIDEACT=1")).toEqual(["OK"]);
    expect(await host.command("AT+QIACT=1")).toEqual(["OK"]);
    expect(host.unread).toBe("");
  });

  it("is not told when +QIACT had not opened it", async () => {
    const host = await Bg96Host.open();
    host.fault("lost-context=1");
    await host.command("AT");
    expect(host.unread).toBe("");
  });

  it("is not told when the host turned the radio off", async () => {
    const host = await Bg96Host.online();
    await host.command("AT+CFUN=4");
    await host.command("AT+CFUN=1");
    expect(await host.command("AT+QIACT?")).toEqual(["OK"]);
    expect(await host.command("AT+QIACT=1")).toEqual(["OK"]);
    expect(host.unread).toBe("");
  });

  it("is forgotten with a reboot", async () => {
    const host = await Bg96Host.online();
    await host.command("AT+CFUN=1,1");
    await host.urc(/APP RDY/);
    await host.quiet();
    expect(await host.command("AT+QIACT?")).toEqual(["OK"]);
    expect(await host.command("AT+QIACT=1")).toEqual(["OK"]);
  });
});

describe("+QIDNSCFG", () => {
  it("tells the network's servers, the host's instead, and the network's again after a new activation", async () => {
    const host = await Bg96Host.open();
    expect(await host.command("AT+QIDNSCFG=1")).toEqual(['+QIDNSCFG: 1,"0.0.0.0","0.0.0.0"', "OK"]);
    await host.command("AT+QIACT=1");
    const assigned = (await host.command("AT+QIDNSCFG=1"))[0];
    expect(assigned).toMatch(/^\+QIDNSCFG: 1,"192\.0\.2\.\d+","192\.0\.2\.\d+"$/);
    expect(await host.command('AT+QIDNSCFG=1,"198.51.100.1"')).toEqual(["OK"]);
    expect((await host.command("AT+QIDNSCFG=1"))[0]).toBe('+QIDNSCFG: 1,"198.51.100.1","0.0.0.0"');
    await host.command("AT+QIDEACT=1");
    await host.command("AT+QIACT=1");
    expect((await host.command("AT+QIDNSCFG=1"))[0]).toBe(assigned);
  });

  it.each(["1,a", '1,"dns.example"', '1,"1.2.3.4","x"', '17,"1.2.3.4"'])("refuses %s", async (parameters) => {
    const host = await Bg96Host.open();
    expect(await host.command(`AT+QIDNSCFG=${parameters}`)).toEqual(["ERROR"]);
  });
});
