import type { Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../../support/clock";
import { ALL_BYTES, closedPort, httpServer, tcpServer } from "../../internet/servers";
import { Bg96Host } from "../bg96-host";
import { END, firstRequest, get, hello, hostFor, raw, read } from "./http-host";

// No guard time or pause is waited for in real time.
vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

describe("+QHTTPURL", () => {
  it.each([
    ["ftp://web.test/", 711],
    ["web.test/", 711],
    ["http://", 711],
    ["http://web.test:0/", 711],
    ["http://web.test:65536/", 711],
    ["http://web.test/a b", 711],
    ["http://web.test/a\rb", 711],
    ["http://user@web.test/", 711],
  ])("refuses %j with %i and keeps what it had", async (url, code) => {
    const host = await Bg96Host.open();
    await host.setUrl("http://before.test/");
    expect(await host.setUrl(url)).toEqual([`+CME ERROR: ${code}`]);
    expect(await host.command("AT+QHTTPURL?")).toEqual(["+QHTTPURL: http://before.test/", "OK"]);
  });

  it.each(["HTTP://web.test", "https://web.test:8443/a?b=c#d", "http://[2001:db8::1]:81/", "http://w/?q"])(
    "takes %s",
    async (url) => {
      const host = await Bg96Host.open();
      expect(await host.setUrl(url)).toEqual(["OK"]);
      expect(await host.command("AT+QHTTPURL?")).toEqual([`+QHTTPURL: ${url}`, "OK"]);
    },
  );

  it("takes 700 bytes and not one more", async () => {
    const host = await Bg96Host.open();
    const url = `http://web.test/${"a".repeat(684)}`;
    expect(await host.setUrl(url)).toEqual(["OK"]);
    expect(await host.setUrl(`${url}a`)).toEqual(["+CME ERROR: 730"]);
  });

  it.each(["0", '"16"', "16,0", "16,65536", "16,1,1", ""])("refuses the parameters %j", async (parameters) => {
    const host = await Bg96Host.open();
    expect(await host.command(`AT+QHTTPURL=${parameters}`)).toEqual(["+CME ERROR: 730"]);
  });

  it("is given up by +++", async () => {
    const host = await Bg96Host.open();
    await host.command("ATS12=2");
    host.write("AT+QHTTPURL=16\r");
    await host.until(/CONNECT\r\n/);
    host.write("http");
    await new Promise((resolve) => setTimeout(resolve, 100));
    host.write("+++");
    await host.until(/OK\r\n/);
    expect(await host.command("AT+QHTTPURL?")).toEqual(["OK"]);
  });
});

describe("+QHTTPGET", () => {
  it("sends the header that the module writes", async () => {
    const web = await httpServer(hello);
    const host = await hostFor(web.port, "/a?b=c#fragment");
    expect(await get(host)).toBe("+QHTTPGET: 0,200,5");
    expect(await read(host)).toBe("hello");
    const [request] = web.seen;
    expect(request?.line).toBe("GET /a?b=c");
    expect(request?.headers).toMatchObject({ host: "web.test", accept: "*/*", "user-agent": "QUECTEL_MODULE" });
  });

  it.each([
    ["204", "HTTP/1.1 204 No Content\r\n\r\n", "0,204", ""],
    ["an empty body", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "0,404,0", ""],
    [
      "chunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
      "0,200",
      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    ],
    ["a redirection, as it is", "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 1\r\n\r\nx", "0,302,1", "x"],
  ])("brings %s", async (_, answer, outcome, body) => {
    const host = await hostFor(await raw(answer));
    expect(await get(host)).toBe(`+QHTTPGET: ${outcome}`);
    expect(await read(host)).toBe(body);
  });

  it("brings every byte value, and what looks like results, between the markers", async () => {
    const body = `\r\nOK\r\n\r\n+QHTTPREAD: 1\r\n${ALL_BYTES.toString("latin1")}+++\r\nOK\r\n`;
    const host = await hostFor(await raw(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
    expect(await get(host)).toBe(`+QHTTPGET: 0,200,${body.length}`);
    expect(await read(host)).toBe(body);
  });

  it("brings the header with the body when it is asked to", async () => {
    const head = "HTTP/1.1 200 Fine\r\nX-A: b\r\nContent-Length: 2\r\n\r\n";
    const host = await hostFor(await raw(`${head}ab`));
    await host.command('AT+QHTTPCFG="responseheader",1');
    await get(host);
    expect(await read(host)).toBe(`${head}ab`);
  });

  it("brings 5 MB, of which the modem holds no more than its window before it is read", async () => {
    const size = 5_000_000;
    let connection: Socket | undefined;
    const port = await tcpServer((socket) => {
      connection = socket;
      socket.once("data", () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
        socket.write(Buffer.alloc(size, "x"));
      });
    });
    const host = await hostFor(port);
    expect(await get(host)).toBe(`+QHTTPGET: 0,200,${size}`);
    await host.command("AT");
    expect(connection?.writableLength).toBeGreaterThan(0);
    expect((await read(host)).length).toBe(size);
  });

  it("tells the result when the header is in, and reads the body as it comes", async () => {
    const { server, socket } = firstRequest();
    const host = await hostFor(await server);
    const result = get(host);
    (await socket).write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
    expect(await result).toBe("+QHTTPGET: 0,200,6");
    host.write("AT+QHTTPREAD=5\r");
    expect(await host.until(/abc$/)).toBe("\r\nCONNECT\r\nabc");
    (await socket).write("def");
    expect(await host.until(END)).toBe("def\r\nOK\r\n\r\n+QHTTPREAD: 0\r\n");
  });

  it("gives back what a server without a length sent until it closed", async () => {
    const host = await hostFor(await raw("HTTP/1.1 200 OK\r\n\r\nabc", (socket) => socket.end()));
    expect(await get(host)).toBe("+QHTTPGET: 0,200");
    expect(await read(host)).toBe("abc");
  });

  it.each([
    ["closes without an answer", () => tcpServer((socket) => socket.once("data", () => socket.end())), 719],
    ["resets the connection", () => tcpServer((socket) => socket.once("data", () => socket.resetAndDestroy())), 717],
    ["does not speak HTTP", () => raw("220 ready\r\n"), 721],
    ["is not there", () => closedPort(), 716],
  ])("tells by URC that the server %s", async (_, server, code) => {
    const host = await hostFor(await server());
    expect(await get(host)).toBe(`+QHTTPGET: ${code}`);
    expect(await host.command("AT+QHTTPREAD")).toEqual(["+CME ERROR: 705"]);
  });

  it("tells by URC that a name has no address", async () => {
    const host = await Bg96Host.online();
    await host.setUrl("http://no-such-host.invalid/");
    expect(await get(host)).toBe("+QHTTPGET: 714");
  });

  it("tells by URC that the server does not answer in time", async () => {
    const host = await hostFor(await tcpServer(() => undefined));
    expect(await get(host, "AT+QHTTPGET=1")).toBe("+QHTTPGET: 728");
  });

  it("is refused without URL, for an address that is none, and without context", async () => {
    const host = await Bg96Host.open();
    expect(await host.command("AT+QHTTPGET")).toEqual(["+CME ERROR: 712"]);
    await host.setUrl("http://300.1.2.3/");
    expect(await host.command("AT+QHTTPGET")).toEqual(["+CME ERROR: 713"]);
    await host.setUrl("http://127.0.0.1/");
    expect(await host.command("AT+QHTTPGET")).toEqual(["+CME ERROR: 709"]);
    await host.setUrl("http://web.test/");
    expect(await host.command("AT+QHTTPGET")).toEqual(["+CME ERROR: 714"]);
  });

  it("tells by URC that the server of an https URL does not speak TLS", async () => {
    const host = await hostFor(await raw("220 ready\r\n"));
    await host.setUrl("https://web.test:80/");
    expect(await get(host)).toBe("+QHTTPGET: 716");
  });

  it("prints its errors in words", async () => {
    const host = await Bg96Host.open();
    await host.command("AT+CMEE=2");
    expect(await host.command("AT+QHTTPGET")).toEqual(["+CME ERROR: HTTP(S) empty URL"]);
  });

  it.each(["=0", "=65536", '="60"', "=60,10", "=1,2,3,4"])("refuses the parameters %s", async (parameters) => {
    const host = await Bg96Host.online();
    expect(await host.command(`AT+QHTTPGET${parameters}`)).toEqual(["+CME ERROR: 730"]);
  });

  it("keeps everything else of HTTP waiting while it runs", async () => {
    const { server, socket } = firstRequest();
    const host = await hostFor(await server);
    expect(await host.command("AT+QHTTPGET")).toEqual(["OK"]);
    for (const line of [
      "AT+QHTTPGET",
      "AT+QHTTPPOST=1",
      'AT+QHTTPPOSTFILE="a"',
      "AT+QHTTPURL=16",
      "AT+QHTTPREAD",
      'AT+QHTTPREADFILE="a"',
    ]) {
      expect(await host.command(line)).toEqual(["+CME ERROR: 703"]);
    }
    (await socket).write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    expect(await host.urc(/\+QHTTPGET: /)).toBe("+QHTTPGET: 0,200,0");
    expect(await read(host)).toBe("");
  });

  it("ends with the context", async () => {
    const { server, socket } = firstRequest();
    const host = await hostFor(await server);
    await host.command("AT+QHTTPGET");
    await socket;
    host.fault("lost-context=1");
    await host.urc(/\+QIURC: "pdpdeact",1/);
    expect(await host.urc(/\+QHTTPGET: /)).toBe("+QHTTPGET: 709");
  });

  it("is forgotten with a reboot, settings and URL too", async () => {
    const { server, socket } = firstRequest();
    const host = await hostFor(await server);
    await host.command('AT+QHTTPCFG="contenttype",2');
    await host.command("AT+QHTTPGET");
    const closed = new Promise((resolve) => void socket.then((connection) => connection.once("close", resolve)));
    await socket;
    host.fault("reboot");
    await closed;
    expect(await host.until(/APP RDY\r\n/)).not.toContain("QHTTPGET");
    await host.quiet();
    expect(await host.command("AT+QHTTPURL?")).toEqual(["OK"]);
    expect(await host.command('AT+QHTTPCFG="contenttype"')).toEqual(['+QHTTPCFG: "contenttype",0', "OK"]);
    expect(host.unread).toBe("");
  });

  it("takes a whole request of the host, of any method, once it is connected", async () => {
    const web = await httpServer(hello);
    const host = await hostFor(web.port);
    await host.command('AT+QHTTPCFG="requestheader",1');
    const request = "HEAD /x HTTP/1.1\r\nHost: other.test\r\n\r\n";
    expect(await host.enter(`AT+QHTTPGET=60,${request.length}`, request)).toEqual(["OK"]);
    expect(await host.urc(/\+QHTTPGET: /)).toBe("+QHTTPGET: 0,200,5");
    expect(await read(host)).toBe("");
    expect(web.seen[0]).toMatchObject({ line: "HEAD /x", headers: { host: "other.test" } });
    expect(await host.command("AT+QHTTPGET=60")).toEqual(["+CME ERROR: 730"]);
    expect(await host.command("AT+QHTTPGET=60,2049")).toEqual(["+CME ERROR: 730"]);
  });
});
