import { describe, expect, it } from "vitest";
import { longestTurn } from "../../nodes/support/event-loop";
import type { ModemHost } from "../modem-host";
import { Bg96Host } from "../quectel/bg96-host";
import { LaraHost } from "../ublox/lara-host";

const MODELS: readonly (readonly [string, () => Promise<ModemHost>])[] = [
  ["LARA-R6", () => LaraHost.open()],
  ["BG96", () => Bg96Host.open()],
];
const OWN = "+12025550147";
const ROOM = 255;
const ENOUGH_MS = 50;
/** A turn may have the garbage of the turns before in it. */
const TRIES = 4;

async function inTextMode(open: () => Promise<ModemHost>): Promise<ModemHost> {
  const host = await open();
  await host.command("AT+CMGF=1");
  return host;
}

const ucs2 = (digits: string | undefined) =>
  Buffer.from(digits ?? "", "hex")
    .swap16()
    .toString("utf16le");

describe.each(MODELS)("the text of a message for a %s", (_model, open) => {
  it.each([
    ["an escaped letter of seven bits", `${"a".repeat(159)}€uro`, ["a".repeat(159), "€uro"]],
    ["a letter of two UCS2 units", `${"я".repeat(69)}😀!`, ["я".repeat(69), "😀!"]],
    ["nothing", "a".repeat(320), ["a".repeat(160), "a".repeat(160)]],
  ])("F05 neighbour: comes in parts that cut %s", async (_what, text, parts) => {
    const host = await inTextMode(open);
    await host.command('AT+CSCS="UCS2"');
    host.fault(`sms=${text}`);
    for (const [index, part] of parts.entries()) {
      expect(ucs2((await host.command(`AT+CMGR=${index}`))[1])).toBe(part);
    }
  });

  it.each([
    ["GSM", "a\0b\x11\x02{\x1b("],
    ["HEX", "61006211027B1B28"],
    ["IRA", "a@b_$ä{"],
    ["UCS2", "006100400062005F002400E4007B"],
  ])("F10 neighbour: is in the codes of +CSCS=%j", async (set, printed) => {
    const host = await inTextMode(open);
    await host.command(`AT+CSCS="${set}"`);
    host.fault("sms=a@b_$ä{");
    expect((await host.command("AT+CMGR=0"))[1]).toBe(printed);
  });

  it.each([
    ["GSM", "a\0b\x11\x02{"],
    ["HEX", "61006211027B"],
    ["IRA", "a@b_$ä"],
  ])("F10 neighbour: is typed in the codes of +CSCS=%j", async (set, typed) => {
    const host = await inTextMode(open);
    await host.command(`AT+CSCS="${set}"`);
    const number = set === "HEX" ? Buffer.from(OWN).toString("hex") : OWN;
    host.write(`AT+CMGS="${number}"\r`);
    await host.until(/\r\n> /);
    host.write(`${typed}\x1a`);
    await host.until(/OK\r\n/);
    await host.command('AT+CSCS="IRA"');
    expect((await host.command("AT+CMGR=0"))[1]).toBe("a@b_$ä");
  });

  it("is not sent when the host is gone before its end", async () => {
    const host = await inTextMode(open);
    host.write(`AT+CMGS="${OWN}"\r`);
    await host.until(/\r\n> /);
    host.write("half a te");
    await host.reopen();
    expect(await host.command("AT")).toEqual(["OK"]);
    expect((await host.command("AT+CPMS?"))[0]).toContain('"ME",0,255');
  });

  it("F35 neighbour: is listed with all others while other things go on", async () => {
    const host = await inTextMode(open);
    let best = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < TRIES && best >= ENOUGH_MS; tries += 1) {
      for (let index = 0; index < ROOM; index += 1) host.fault(`sms=message ${index}`);
      host.write('AT+CMGL="REC UNREAD";+CMGD=1,3\r');
      best = Math.min(best, await longestTurn(() => undefined, host.until(/OK\r\n/)));
      expect((await host.command("AT+CPMS?"))[0]).toContain('"ME",0,255');
    }
    expect(best).toBeLessThan(ENOUGH_MS);
  });
});
