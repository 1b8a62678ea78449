import { describe, expect, it } from "vitest";
import { LaraHost } from "../lara-host";

describe("identity", () => {
  it("names a type that has +UDCONF=19", async () => {
    const host = await LaraHost.open();
    expect(await host.command("ATI")).toEqual(["LARA-R6001-00B-00", "OK"]);
    expect(await host.command("ATI9")).toEqual(["00.13,A00.01", "OK"]);
    expect(await host.command("AT+CGMM")).toEqual(["LARA-R6001", "OK"]);
    expect(await host.command("AT+CGMI")).toEqual(["u-blox", "OK"]);
  });
});

describe("a reboot", () => {
  it("puts NULs on the line, and no line of its own", async () => {
    const host = await LaraHost.open();
    await host.command("AT+CFUN=16");
    await expect.poll(() => host.unread).toBe("\0\0");
    await host.untilBooted();
    expect(await host.command("AT")).toEqual(["OK"]);
  });
});

describe("+UDCONF", () => {
  it("keeps when DSR changes until a reboot", async () => {
    const host = await LaraHost.open();
    expect(await host.command("AT+UDCONF=10")).toEqual(["+UDCONF: 10,0", "OK"]);
    expect(await host.command("AT+UDCONF=10,1")).toEqual(["OK"]);
    expect(await host.command("AT+UDCONF=10")).toEqual(["+UDCONF: 10,1", "OK"]);
    expect(await host.command("AT+UDCONF=1")).toEqual(["+UDCONF: 1,0", "OK"]);
    await host.reboot();
    expect(await host.command("AT+UDCONF=10")).toEqual(["+UDCONF: 10,0", "OK"]);
  });

  it("forgets hex mode at a reboot", async () => {
    const host = await LaraHost.open();
    await host.command("AT+UDCONF=1,1");
    expect(await host.command("AT+UDCONF=1")).toEqual(["+UDCONF: 1,1", "OK"]);
    await host.reboot();
    expect(await host.command("AT+UDCONF=1")).toEqual(["+UDCONF: 1,0", "OK"]);
  });

  it("keeps the default context, which counts from the next reboot on", async () => {
    const host = await LaraHost.open();
    await host.command("AT+UDCONF=19,2,1");
    // Context 2 is not active: clients still use context 1, so the name is looked up.
    expect(await host.command('AT+UDNSRN=0,"127.0.0.1"')).toEqual(['+UDNSRN: "127.0.0.1"', "OK"]);
    await host.reboot();
    expect(await host.command("AT+UDCONF=19")).toEqual(["+UDCONF: 19,2,1", "OK"]);
    expect(await host.command('AT+UDNSRN=0,"127.0.0.1"')).toEqual(["+CME ERROR: operation not allowed"]);
  });

  it("keeps 464XLAT", async () => {
    const host = await LaraHost.open();
    await host.command("AT+UDCONF=66,4,1");
    await host.reboot();
    expect(await host.command("AT+UDCONF=66")).toEqual(["+UDCONF: 66,4,1", "OK"]);
  });

  it.each([
    ["AT+UDCONF=1,2", "incorrect parameters"],
    ["AT+UDCONF=1,1,1", "incorrect parameters"],
    ["AT+UDCONF=19,9,0", "incorrect parameters"],
    ["AT+UDCONF=19,1,2", "incorrect parameters"],
    ["AT+UDCONF=19,1", "incorrect parameters"],
    ["AT+UDCONF=66,5,1", "incorrect parameters"],
    ["AT+UDCONF=77,1", "operation not supported"],
    ["AT+UDCONF=", "incorrect parameters"],
  ])("refuses %s: %s", async (line, words) => {
    const host = await LaraHost.open();
    expect(await host.command(line)).toEqual([`+CME ERROR: ${words}`]);
  });
});

describe("+UMNOPROF", () => {
  it("takes a profile with the radio off only", async () => {
    const host = await LaraHost.open();
    expect(await host.command("AT+UMNOPROF?")).toEqual(["+UMNOPROF: 90", "OK"]);
    expect(await host.command("AT+UMNOPROF=100")).toEqual(["+CME ERROR: operation not allowed"]);
    await host.command("AT+CFUN=0");
    expect(await host.command("AT+UMNOPROF=7")).toEqual(["+CME ERROR: incorrect parameters"]);
    expect(await host.command("AT+UMNOPROF=100")).toEqual(["OK"]);
    await host.reboot();
    expect(await host.command("AT+UMNOPROF?")).toEqual(["+UMNOPROF: 100", "OK"]);
  });
});

describe("+UAUTHREQ", () => {
  const SUBSCRIPTION = ["apn-user=me", "apn-password=secret"];

  async function activation(...lines: string[]): Promise<string | undefined> {
    const host = await LaraHost.open(SUBSCRIPTION).catch(() => undefined);
    if (host === undefined) return "no host";
    await host.command('AT+CGDCONT=2,"IP","internet"');
    for (const line of lines) expect(await host.command(line)).toEqual(["OK"]);
    return (await host.command("AT+CGACT=1,2")).at(-1);
  }

  it("takes the password before the user name", async () => {
    expect(await activation('AT+UAUTHREQ=2,1,"secret","me"')).toBe("OK");
    expect(await activation('AT+UAUTHREQ=2,1,"me","secret"')).not.toBe("OK");
    expect(await activation()).not.toBe("OK");
  });

  it("is forgotten with protocol 0", async () => {
    expect(await activation('AT+UAUTHREQ=2,2,"secret","me"', "AT+UAUTHREQ=2,0")).not.toBe("OK");
  });

  it.each([
    ["AT+UAUTHREQ=2,1", "incorrect parameters"],
    ['AT+UAUTHREQ=2,1,"secret"', "incorrect parameters"],
    ['AT+UAUTHREQ=2,4,"secret","me"', "incorrect parameters"],
    ['AT+UAUTHREQ=9,1,"secret","me"', "incorrect parameters"],
    ['AT+UAUTHREQ=2,1,secret,"me"', "incorrect parameters"],
    [`AT+UAUTHREQ=2,1,"${"s".repeat(65)}","me"`, "text string too long"],
    ['AT+UAUTHREQ=3,1,"secret","me"', "operation not allowed"],
  ])("refuses %s: %s", async (line, words) => {
    const host = await LaraHost.open();
    await host.command('AT+CGDCONT=2,"IP","internet"');
    expect(await host.command(line)).toEqual([`+CME ERROR: ${words}`]);
  });
});

describe("+UDNSCFG", () => {
  it("holds a server for each context, rank and family until it is cleared", async () => {
    const host = await LaraHost.open();
    await host.command('AT+UDNSCFG=1,1,0,"8.8.8.8"');
    await host.command('AT+UDNSCFG=1,2,1,"2001:4860:4860::8888"');
    await host.command('AT+UDNSCFG=1,1,0,"9.9.9.9"');
    expect(await host.command("AT+UDNSCFG?")).toEqual([
      '+UDNSCFG: 1,1,0,"9.9.9.9"',
      '+UDNSCFG: 1,2,1,"2001:4860:4860::8888"',
      "OK",
    ]);
    await host.command('AT+UDNSCFG=1,2,1,""');
    expect(await host.command("AT+UDNSCFG?")).toEqual(['+UDNSCFG: 1,1,0,"9.9.9.9"', "OK"]);
  });

  it.each([
    'AT+UDNSCFG=1,1,0,"dns.example"',
    'AT+UDNSCFG=1,1,1,"8.8.8.8"',
    'AT+UDNSCFG=1,3,0,"8.8.8.8"',
    'AT+UDNSCFG=0,1,0,"8.8.8.8"',
    "AT+UDNSCFG=1,1,0",
  ])("refuses %s", async (line) => {
    const host = await LaraHost.open();
    expect(await host.command(line)).toEqual(["+CME ERROR: incorrect parameters"]);
  });
});
