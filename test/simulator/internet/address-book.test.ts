import { describe, expect, it } from "vitest";
import { createInternet, parseRoute } from "../../../simulator/internet/real-internet";
import { Bg96Host } from "../quectel/bg96-host";
import { LaraHost } from "../ublox/lara-host";
import { udpPeer } from "../ublox/sockets/socket-host";
import { tcpServer } from "./servers";

function internet(...routes: string[]) {
  return createInternet({ routes: routes.map(parseRoute), latency: 0, random: () => 0.5 });
}

describe("an address that the host was told", () => {
  it("leads where its name does, from then on", async () => {
    const bent = internet("a.test:80=127.0.0.1:8080", "a.test:*=127.0.0.2:*");
    expect(bent.target("127.0.0.1", 80)).toEqual({ host: "127.0.0.1", port: 80 });
    expect(await bent.resolve("A.test.")).toEqual(["127.0.0.1"]);
    expect(bent.target("127.0.0.1", 80)).toEqual({ host: "127.0.0.1", port: 8080 });
    expect(bent.target("127.0.0.1", 81)).toEqual({ host: "127.0.0.2", port: 81 });
  });

  it("is not what the modem's own clients look up", async () => {
    const bent = internet("a.test:80=127.0.0.1:8080");
    expect(await bent.lookup("a.test")).toEqual(["127.0.0.1"]);
    expect(bent.target("127.0.0.1", 80)).toEqual({ host: "127.0.0.1", port: 80 });
  });

  it("keeps the routes that it has itself", async () => {
    const bent = internet("a.test:80=127.0.0.1:8080", "127.0.0.1:7=127.0.0.1:7007");
    await bent.resolve("a.test");
    expect(bent.target("127.0.0.1", 7)).toEqual({ host: "127.0.0.1", port: 7007 });
    expect(bent.target("127.0.0.1", 80)).toEqual({ host: "127.0.0.1", port: 8080 });
    expect(bent.target("127.0.0.1", 9)).toEqual({ host: "127.0.0.1", port: 9 });
  });

  it("stands for several names whose routes agree", async () => {
    const bent = internet("a.test:80=127.0.0.1:8080", "b.test:81=127.0.0.1:8081", "c.test:80=127.0.0.1:8080");
    for (const name of ["a.test", "b.test", "c.test"]) expect(await bent.resolve(name)).toEqual(["127.0.0.1"]);
    expect(bent.target("127.0.0.1", 80).port).toBe(8080);
    expect(bent.target("127.0.0.1", 81).port).toBe(8081);
  });

  it("is another one for a name whose routes contradict those of an earlier one", async () => {
    const bent = internet(
      "a.test:80=127.0.0.1:8080",
      "b.test:80=127.0.0.1:8081",
      "c.test:80=[::1]:1",
      "d.test:80=[::1]:2",
    );
    expect(await bent.resolve("a.test")).toEqual(["127.0.0.1"]);
    const [other = ""] = await bent.resolve("b.test");
    expect(other).not.toBe("127.0.0.1");
    expect(await bent.resolve("b.test")).toEqual([other]);
    expect(await bent.resolve("a.test")).toEqual(["127.0.0.1"]);
    expect(bent.target("127.0.0.1", 80).port).toBe(8080);
    expect(bent.target(other, 80)).toEqual({ host: "127.0.0.1", port: 8081 });
    // The way of a port without a route is that of the name.
    expect(bent.target(other, 443)).toEqual({ host: "127.0.0.1", port: 443 });
    expect(await bent.reverse(other)).toBe("b.test");
    expect(await bent.resolve("c.test")).toEqual(["::1"]);
    const [another = ""] = await bent.resolve("d.test");
    expect(another).toContain(":");
    expect(bent.target(another, 80)).toEqual({ host: "::1", port: 2 });
  });

  it("has nothing to do with names that have no route", async () => {
    const bent = internet("a.test:80=127.0.0.1:8080");
    expect(await bent.resolve("127.0.0.1")).toEqual(["127.0.0.1"]);
    expect(bent.target("127.0.0.1", 80).port).toBe(80);
  });
});

describe("a host that resolves a name first", () => {
  it("reaches two routed names by TCP and UDP of LARA-R6", async () => {
    const [echo, other] = [await udpPeer((peer, bytes, from) => peer.send(bytes, from.port)), await udpPeer()];
    const web = await tcpServer((socket) => socket.end("hello"));
    const host = await LaraHost.open([
      `route=echo.test:7=127.0.0.1:${echo.port}`,
      `route=echo.test:80=127.0.0.1:${web}`,
      `route=other.test:7=127.0.0.1:${other.port}`,
    ]);
    const first = /"(.*)"/.exec((await host.command('AT+UDNSRN=0,"echo.test"'))[0] ?? "")?.[1];
    const second = /"(.*)"/.exec((await host.command('AT+UDNSRN=0,"other.test"'))[0] ?? "")?.[1];
    await host.command("AT+USOCR=17");
    expect(await host.command(`AT+USOST=0,"${first}",7,5,"Hello"`)).toEqual(["+USOST: 0,5", "OK"]);
    expect(await host.urc(/\+UUSORD: 0,5/)).toBe("+UUSORD: 0,5");
    expect(await host.command("AT+USORF=0,5")).toEqual([`+USORF: 0,"${first}",7,5,"Hello"`, "OK"]);
    await host.command(`AT+USOST=0,"${second}",7,2,"ab"`);
    await expect.poll(() => other.seen.map(({ bytes }) => bytes.toString())).toEqual(["ab"]);
    await host.command("AT+USOCR=6");
    expect(await host.command(`AT+USOCO=1,"${first}",80`)).toEqual(["OK"]);
    expect(await host.urc(/\+UUSORD: 1,5/)).toBe("+UUSORD: 1,5");
    expect(await host.command("AT+USOCTL=1,4")).toEqual([`+USOCTL: 1,4,"${first}",80`, "OK"]);
  });

  it("pings an address that only this modem knows", async () => {
    const host = await LaraHost.open(["route=a.test:7=127.0.0.1:1", "route=b.test:7=127.0.0.1:2"]);
    await host.command('AT+UDNSRN=0,"a.test"');
    await host.command('AT+UPING="b.test",1');
    const [, address, time] = /"b.test","(.*)",52,(\d+)$/.exec(await host.urc(/\+UUPING: /)) ?? [];
    expect(address).not.toBe("127.0.0.1");
    expect(Number(time)).toBeGreaterThan(0);
  });

  it("reaches a routed name by BG96's sockets", async () => {
    const port = await tcpServer((socket) => socket.write("hi"));
    const host = await Bg96Host.online([`route=peer.test:7=127.0.0.1:${port}`]);
    await host.command('AT+QIDNSGIP=1,"peer.test"');
    await host.urc(/\+QIURC: "dnsgip",0,1,600/);
    expect(await host.urc(/\+QIURC: "dnsgip"/)).toBe('+QIURC: "dnsgip","127.0.0.1"');
    await host.command('AT+QIOPEN=1,0,"TCP","127.0.0.1",7');
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 0,0");
    expect(await host.urc(/\+QIURC: "recv"/)).toBe('+QIURC: "recv",0');
  });
});
