import { describe, expect, it } from "vitest";
import { route } from "../../modem-host";
import { Bg96Host } from "../bg96-host";

const ONE = route("one.test", "*", "*");

describe("+QPING", () => {
  it("prints a line a try, then the summary with the same prefix", async () => {
    const host = await Bg96Host.online([ONE]);
    expect(await host.command('AT+QPING=1,"one.test"')).toEqual(["OK"]);
    const replies: number[] = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const reply = /^\+QPING: 0,"127\.0\.0\.1",32,(\d+),\d+$/.exec(await host.urc(/\+QPING: /));
      replies.push(Number(reply?.[1]));
    }
    const mean = Math.round(replies.reduce((sum, time) => sum + time, 0) / 4);
    expect(await host.urc(/\+QPING: /)).toBe(`+QPING: 0,4,4,0,${Math.min(...replies)},${Math.max(...replies)},${mean}`);
  });

  it("makes as many tries as it is told", async () => {
    const host = await Bg96Host.online([ONE]);
    await host.command('AT+QPING=1,"one.test",1,2');
    for (const _ of [1, 2]) expect(await host.urc(/\+QPING: /)).toContain('"127.0.0.1"');
    expect(await host.urc(/\+QPING: /)).toMatch(/^\+QPING: 0,2,2,0,/);
  });

  it("tells that a name has no address", async () => {
    const host = await Bg96Host.online();
    await host.command('AT+QPING=1,"no-such-host.invalid"');
    expect(await host.urc(/\+QPING: /)).toBe("+QPING: 565");
  });

  it("counts what does not come back", async () => {
    // Nobody can have a TCP connection with the broadcast address.
    const host = await Bg96Host.online();
    await host.command('AT+QPING=1,"255.255.255.255",1,1');
    expect(await host.urc(/\+QPING: /)).toBe("+QPING: 569");
    expect(await host.urc(/\+QPING: /)).toBe("+QPING: 0,1,0,1,0,0,0");
  });

  it.each(['1,"a",0', '1,"a",256', '1,"a",1,11', '1,""', "1,a", "1", '17,"a"'])("refuses %s", async (parameters) => {
    const host = await Bg96Host.online();
    expect(await host.command(`AT+QPING=${parameters}`)).toEqual(["ERROR"]);
  });

  it("needs an active context", async () => {
    const host = await Bg96Host.open([ONE]);
    expect(await host.command('AT+QPING=1,"one.test"')).toEqual(["ERROR"]);
    expect((await host.command("AT+QIGETERROR"))[0]).toBe('+QIGETERROR: 570,"PDP context broken down"');
  });
});

describe("+QIDNSGIP", () => {
  it("tells how many addresses there are, then each", async () => {
    const host = await Bg96Host.online([ONE]);
    expect(await host.command('AT+QIDNSGIP=1,"one.test"')).toEqual(["OK"]);
    expect(await host.urc(/\+QIURC: "dnsgip"/)).toMatch(/^\+QIURC: "dnsgip",0,1,\d+$/);
    expect(await host.urc(/\+QIURC: "dnsgip"/)).toBe('+QIURC: "dnsgip","127.0.0.1"');
  });

  it("prints one line with the error for a name without address, and no other", async () => {
    const host = await Bg96Host.online();
    await host.command('AT+QIDNSGIP=1,"no-such-host.invalid"');
    expect(await host.urc(/\+QIURC: "dnsgip"/)).toBe('+QIURC: "dnsgip",565');
    await host.command("AT");
    expect(host.unread).toBe("");
  });

  it("can't ask without a name server", async () => {
    const host = await Bg96Host.online([ONE]);
    await host.command('AT+QIDNSCFG=1,"0.0.0.0"');
    await host.command('AT+QIDNSGIP=1,"one.test"');
    expect(await host.urc(/\+QIURC: "dnsgip"/)).toBe('+QIURC: "dnsgip",565');
  });

  it("needs an active context", async () => {
    const host = await Bg96Host.open([ONE]);
    expect(await host.command('AT+QIDNSGIP=1,"one.test"')).toEqual(["ERROR"]);
  });
});
