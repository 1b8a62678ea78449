import { describe, expect, it } from "vitest";
import { httpServer } from "../../internet/servers";
import { route } from "../../modem-host";
import { LaraHost } from "../lara-host";
import { hello, hostFor, request } from "./http-host";

describe("+UHTTP", () => {
  it("moves the port with TLS unless it was set by hand", async () => {
    const host = await LaraHost.open();
    const port = async () => (await host.command("AT+UHTTP=0,5"))[0];
    await host.command("AT+UHTTP=0,6,1");
    expect(await port()).toBe("+UHTTP: 0,5,443");
    await host.command("AT+UHTTP=0,6,0");
    expect(await port()).toBe("+UHTTP: 0,5,80");
    await host.command("AT+UHTTP=0,5,9000");
    await host.command("AT+UHTTP=0,6,1");
    expect(await port()).toBe("+UHTTP: 0,5,9000");
  });

  it("names a port in Host where it is not the usual one", async () => {
    const server = await httpServer(hello);
    const host = await LaraHost.open([route("web.test", 8080, server.port)]);
    await host.command('AT+UHTTP=0,1,"web.test"');
    await host.command("AT+UHTTP=0,5,8080");
    await request(host, 'AT+UHTTPC=0,1,"/","r"');
    expect(server.seen[0]?.headers.host).toBe("web.test:8080");
  });

  it("sends basic authentication only when it is on", async () => {
    const server = await httpServer(hello);
    const host = await hostFor(server.port);
    await host.command('AT+UHTTP=0,2,"me"');
    await host.command('AT+UHTTP=0,3,"se:cret"');
    await request(host, 'AT+UHTTPC=0,1,"/","r"');
    await host.command("AT+UHTTP=0,4,1");
    await request(host, 'AT+UHTTPC=0,1,"/","r"');
    expect(server.seen.map((seen) => seen.headers.authorization)).toEqual([
      undefined,
      `Basic ${Buffer.from("me:se:cret").toString("base64")}`,
    ]);
  });

  it("sends own headers, which go before the client's, and clears them one by one", async () => {
    const server = await httpServer(hello);
    const host = await hostFor(server.port);
    await host.command('AT+UHTTP=0,9,"0:X-One:1"');
    await host.command('AT+UHTTP=0,9,"4:User-Agent:mine: with colon"');
    expect(await host.command("AT+UHTTP=0,9")).toEqual([
      '+UHTTP: 0,9,"0:X-One:1"',
      '+UHTTP: 0,9,"4:User-Agent:mine: with colon"',
      "OK",
    ]);
    await request(host, 'AT+UHTTPC=0,1,"/","r"');
    await host.command('AT+UHTTP=0,9,"0:"');
    await request(host, 'AT+UHTTPC=0,1,"/","r"');
    expect(server.seen[0]?.headers).toMatchObject({ "x-one": "1", "user-agent": "mine: with colon" });
    expect(server.seen[1]?.headers).not.toHaveProperty("x-one");
  });

  it("tells settings again, but no password", async () => {
    const host = await LaraHost.open();
    const settings = ['1,"web.test"', '2,"me"', "4,1", "5,8080", "6,1,2", "7,60,5", "20,2,1"];
    for (const setting of settings) expect(await host.command(`AT+UHTTP=3,${setting}`)).toEqual(["OK"]);
    for (const setting of settings) {
      const code = setting.split(",")[0];
      expect(await host.command(`AT+UHTTP=3,${code}`)).toEqual([`+UHTTP: 3,${setting}`, "OK"]);
    }
    expect(await host.command("AT+UHTTP=3,3")).toEqual(["+CME ERROR: operation not allowed"]);
  });

  it("takes an address in place of a name, and the other way round", async () => {
    const host = await LaraHost.open();
    await host.command('AT+UHTTP=0,1,"web.test"');
    await host.command('AT+UHTTP=0,0,"192.0.2.1"');
    expect(await host.command("AT+UHTTP=0,1")).toEqual(['+UHTTP: 0,1,""', "OK"]);
    expect(await host.command("AT+UHTTP=0,0")).toEqual(['+UHTTP: 0,0,"192.0.2.1"', "OK"]);
  });

  it("goes back to the factory settings for one profile, and at a reboot for all", async () => {
    const host = await LaraHost.open();
    for (const profile of [0, 1]) await host.command(`AT+UHTTP=${profile},1,"web.test"`);
    await host.command("AT+UHTTP=0");
    expect(await host.command("AT+UHTTP=0,1")).toEqual(['+UHTTP: 0,1,""', "OK"]);
    expect(await host.command("AT+UHTTP=1,1")).toEqual(['+UHTTP: 1,1,"web.test"', "OK"]);
    await host.reboot();
    expect(await host.command("AT+UHTTP=1,1")).toEqual(['+UHTTP: 1,1,""', "OK"]);
  });

  it.each([
    ["AT+UHTTP=4", "incorrect parameters"],
    ["AT+UHTTP=", "incorrect parameters"],
    ['AT+UHTTP=0,0,"web.test"', "incorrect parameters"],
    ["AT+UHTTP=0,1,web.test", "incorrect parameters"],
    [`AT+UHTTP=0,1,"${"n".repeat(254)}"`, "text string too long"],
    ["AT+UHTTP=0,4,2", "incorrect parameters"],
    ["AT+UHTTP=0,5,0", "incorrect parameters"],
    ["AT+UHTTP=0,5,65536", "incorrect parameters"],
    ["AT+UHTTP=0,5,80,1", "incorrect parameters"],
    ["AT+UHTTP=0,6,2", "incorrect parameters"],
    ["AT+UHTTP=0,6,1,5", "incorrect parameters"],
    ["AT+UHTTP=0,7,29", "incorrect parameters"],
    ["AT+UHTTP=0,7,181", "incorrect parameters"],
    ['AT+UHTTP=0,9,"5:X:1"', "incorrect parameters"],
    ['AT+UHTTP=0,9,"X:1"', "incorrect parameters"],
    ['AT+UHTTP=0,9,"0:X"', "incorrect parameters"],
    [`AT+UHTTP=0,9,"0:${"N".repeat(65)}:1"`, "text string too long"],
    ["AT+UHTTP=0,20,9", "incorrect parameters"],
    ["AT+UHTTP=0,20,1,2", "incorrect parameters"],
    ['AT+UHTTP=0,8,"x"', "operation not supported"],
  ])("refuses %s: %s", async (line, words) => {
    const host = await LaraHost.open();
    expect(await host.command(line)).toEqual([`+CME ERROR: ${words}`]);
  });
});
