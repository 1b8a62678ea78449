import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { listen } from "../../support/listen";
import { httpServer, tcpServer } from "../internet/servers";
import { route } from "../modem-host";
import { Bg96Host } from "../quectel/bg96-host";
import * as quectel from "../quectel/http/http-host";
import * as ublox from "../ublox/http/http-host";
import { LaraHost } from "../ublox/lara-host";
import { connect, PEER, PORT, tcpBench } from "../ublox/sockets/socket-host";

const BODY = "0123456789".repeat(6);
const CHUNKED = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3c\r\n${BODY}\r\n0\r\n\r\n`;

describe("F01 a body that its server cuts", () => {
  it.each([1, 4, 17, 59, 60, 100])("on a BG96, %i bytes before its end", async (count) => {
    const { port } = await httpServer((_, response) => {
      response.setHeader("Content-Length", BODY.length);
      response.end(BODY);
    });
    const host = await quectel.hostFor(port);
    host.fault(`cut-body=${count}`);
    expect(await quectel.get(host)).toBe("+QHTTPGET: 0,200,60");
    const left = BODY.slice(0, Math.max(0, BODY.length - count));
    expect(await host.dataOf("AT+QHTTPREAD")).toBe(`${left}\r\n+CME ERROR: 719\r\n`);
    expect(await quectel.get(host)).toBe("+QHTTPGET: 0,200,60");
    expect(await quectel.read(host)).toBe(BODY);
  });

  it("on a BG96, of a chunked one", async () => {
    const host = await quectel.hostFor(await quectel.raw(CHUNKED));
    host.fault("cut-body=10");
    await quectel.get(host);
    // It hands over what came: only who takes the chunks apart sees what is missing.
    expect(await quectel.read(host)).toBe(`3c\r\n${BODY.slice(0, -3)}`);
  });

  it("on a LARA-R6", async () => {
    const { port } = await httpServer((_, response) => void response.end(BODY));
    const host = await ublox.hostFor(port);
    host.fault("cut-body=4:60m");
    for (let time = 0; time < 2; time += 1) {
      expect(await ublox.request(host, 'AT+UHTTPC=0,1,"/","r"')).toBe("+UUHTTPCR: 0,1,0");
      expect(await host.command("AT+UHTTPER=0")).toEqual(["+UHTTPER: 0,3,44", "OK"]);
    }
  });
});

describe("F25 a connection that takes its time", () => {
  it("holds the line of a LARA-R6, and not when it is reported by URC", async () => {
    const { host } = await tcpBench();
    host.fault("slow-connect=150");
    await host.command("AT+USOCR=6");
    host.write(`AT+USOCO=0,"${PEER}",${PORT}\r`);
    host.write("AT+CSQ\r");
    expect((await host.until(/CSQ.*\r\n\r\nOK\r\n/)).startsWith("\r\nOK\r\n")).toBe(true);
    await host.command("AT+USOCR=6");
    expect(await host.command(`AT+USOCO=1,"${PEER}",${PORT},1`)).toEqual(["OK"]);
    expect(await host.command("AT+CSQ")).toEqual(["+CSQ: 23,99", "OK"]);
    expect(host.unread).toBe("");
    expect(await host.urc(/\+UUSOCO: /)).toBe("+UUSOCO: 1,0");
  });

  it("takes less than that once it is over", async () => {
    const { host } = await tcpBench();
    host.fault("slow-connect=60m");
    host.fault("slow-connect=0");
    await connect(host, 0);
  });

  it("F25 neighbour: is still under way when the host closes the socket", async () => {
    const { host } = await tcpBench();
    host.fault("slow-connect=60m");
    await host.command("AT+USOCR=6");
    expect(await host.command(`AT+USOCO=0,"${PEER}",${PORT},1`)).toEqual(["OK"]);
    expect((await host.command("AT+USOCL=0")).at(-1)).toBe("OK");
    expect(await host.command("AT+CSQ")).toEqual(["+CSQ: 23,99", "OK"]);
  });

  it("F25 neighbour: on a BG96 the OK of +QIOPEN does not wait", async () => {
    const port = await tcpServer(() => undefined);
    const host = await Bg96Host.online([route("peer.test", 7, port)]);
    host.fault("slow-connect=100ms");
    expect(await host.command('AT+QIOPEN=1,0,"TCP","peer.test",7')).toEqual(["OK"]);
    expect(await host.command("AT+CSQ")).toEqual(["+CSQ: 23,99", "OK"]);
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 0,0");
  });

  it("F25 neighbour: on a BG96 a POST waits for CONNECT", async () => {
    const { port } = await httpServer(quectel.hello);
    const host = await quectel.hostFor(port);
    host.fault("slow-connect=100");
    expect(await host.enter("AT+QHTTPPOST=2", "ab")).toEqual(["OK"]);
  });
});

describe("F29 a context of one IP type", () => {
  const hello = () => createServer((socket) => socket.end("hi"));
  const connecting = async (host: LaraHost, to: string) => {
    await host.command("AT+USOCR=6");
    return (await host.command(`AT+USOCO=0,"${to}",7`)).at(-1);
  };

  it("of IPv6 does not lead to IPv4", async () => {
    const port = await listen(hello());
    const host = await LaraHost.open(["pdp-type=IPV6", `route=v4.test:7=127.0.0.1:${port}`]);
    expect(await connecting(host, "127.0.0.1")).toBe("ERROR");
    expect(await host.command("AT+USOER")).toContain("+USOER: 113");
    expect(await connecting(host, "v4.test")).toBe("ERROR");
  });

  it("of IPv6 leads to IPv6", async () => {
    const port = await listen(hello(), { host: "::1" });
    const host = await LaraHost.open(["pdp-type=IPV6", `route=v6.test:7=[::1]:${port}`]);
    expect(await connecting(host, "v6.test")).toBe("OK");
  });

  it("of IPv4 does not lead to IPv6", async () => {
    const port = await listen(hello(), { host: "::1" });
    const host = await LaraHost.open(["pdp-type=IP", `route=v6.test:7=[::1]:${port}`]);
    expect(await connecting(host, "v6.test")).toBe("ERROR");
  });

  it("of IPv6 leads to IPv4 by 464XLAT, from the next start on", async () => {
    const port = await listen(hello());
    const host = await LaraHost.open(["pdp-type=IPV6", `route=v4.test:7=127.0.0.1:${port}`]);
    await host.command("AT+UDCONF=66,4,1");
    expect(await connecting(host, "v4.test")).toBe("ERROR");
    await host.reboot();
    expect(await connecting(host, "v4.test")).toBe("OK");
  });

  it("comes with the next activation, whatever was asked for", async () => {
    const host = await LaraHost.open();
    host.fault("pdp-type=IPV6");
    for (const line of ["AT+CGACT=0,1", "AT+CGACT=1,1"]) expect(await host.command(line)).toEqual(["OK"]);
    expect((await host.command("AT+CGDCONT?"))[0]).toContain('1,"IPV6"');
  });

  it("F29 neighbour: HTTP of a LARA-R6", async () => {
    const { port } = await httpServer(ublox.hello);
    const host = await ublox.hostFor(port, "pdp-type=IPV6");
    expect(await ublox.request(host, 'AT+UHTTPC=0,1,"/","r"')).toBe("+UUHTTPCR: 0,1,0");
    expect(await host.command("AT+UHTTPER=0")).toEqual(["+UHTTPER: 0,3,11", "OK"]);
  });

  it("F29 neighbour: HTTP of a BG96", async () => {
    const { port } = await httpServer(quectel.hello);
    const host = await quectel.hostFor(port, "/", "pdp-type=IPV6");
    expect(await quectel.get(host)).toBe("+QHTTPGET: 716");
  });

  it("F29 neighbour: a socket of a BG96", async () => {
    const port = await listen(hello());
    const host = await Bg96Host.open(["pdp-type=IPV6", route("peer.test", 7, port)]);
    for (const line of ['AT+QICSGP=1,3,"a"', "AT+QIACT=1"]) expect(await host.command(line)).toEqual(["OK"]);
    await host.command('AT+QIOPEN=1,0,"TCP","peer.test",7');
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 0,566");
  });
});

describe("F28 a new profile that restores", () => {
  const renew = async (host: LaraHost) => {
    for (const line of ["AT+CFUN=0", "AT+UMNOPROF=100", "AT+UDCONF=19,2,1", "AT+UDCONF=66,4,1"]) {
      expect(await host.command(line)).toEqual(["OK"]);
    }
    await host.command('AT+CGDCONT=2,"IP","internet"');
    await host.reboot();
  };
  const settings = async (host: LaraHost) => [
    ...(await host.command("AT+UDCONF=19")).slice(0, 1),
    ...(await host.command("AT+UDCONF=66")).slice(0, 1),
    ...(await host.command("AT+CGDCONT?")).slice(1, -1),
  ];

  it("undoes at its reboot what was written before it, and only then", async () => {
    const host = await LaraHost.open();
    host.fault("restoring-profile");
    await renew(host);
    expect(await settings(host)).toEqual(["+UDCONF: 19,1,0", "+UDCONF: 66,4,0"]);
    await host.command("AT+UDCONF=19,2,1");
    await host.reboot();
    expect(await settings(host)).toEqual(["+UDCONF: 19,2,1", "+UDCONF: 66,4,0"]);
  });

  it("F28 neighbour: the same profile again does not", async () => {
    const host = await LaraHost.open();
    host.fault("restoring-profile");
    await host.command("AT+CFUN=0");
    await host.command("AT+UMNOPROF=90");
    await host.command("AT+UDCONF=19,2,1");
    await host.reboot();
    expect((await settings(host))[0]).toBe("+UDCONF: 19,2,1");
  });

  it("F28 neighbour: Verizon's makes context 3 the default", async () => {
    const host = await LaraHost.open();
    host.fault("restoring-profile");
    await host.command("AT+CFUN=0");
    await host.command("AT+UMNOPROF=3");
    await host.reboot();
    expect((await settings(host))[0]).toBe("+UDCONF: 19,3,0");
  });

  it("F28 neighbour: without the fault nothing is restored", async () => {
    const host = await LaraHost.open();
    await renew(host);
    expect((await settings(host))[0]).toBe("+UDCONF: 19,2,1");
  });
});
