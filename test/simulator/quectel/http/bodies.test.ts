import { describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../../support/clock";
import { ALL_BYTES, closedPort, httpServer } from "../../internet/servers";
import { Bg96Host } from "../bg96-host";
import { firstRequest, get, hello, hostFor, raw, read } from "./http-host";

// No guard time or pause is waited for in real time.
vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

describe("+QHTTPPOST", () => {
  it.each([
    [0, "application/x-www-form-urlencoded"],
    [1, "text/plain"],
    [2, "application/octet-stream"],
    [3, "multipart/form-data"],
  ])("sends the body with content type %i as %s", async (type, name) => {
    const web = await httpServer(hello);
    const host = await hostFor(web.port, "/p");
    await host.command(`AT+QHTTPCFG="contenttype",${type}`);
    expect(await host.enter("AT+QHTTPPOST=256,5,5", ALL_BYTES)).toEqual(["OK"]);
    expect(await host.urc(/\+QHTTPPOST: /)).toBe("+QHTTPPOST: 0,200,5");
    expect(web.seen[0]).toMatchObject({
      line: "POST /p",
      headers: { "content-type": name, "content-length": "256" },
      body: ALL_BYTES.toString("latin1"),
    });
  });

  it("carries 1,024,000 bytes and not one more", async () => {
    const web = await httpServer(hello);
    const host = await hostFor(web.port);
    const body = Buffer.alloc(1_024_000, ALL_BYTES);
    expect(await host.enter(`AT+QHTTPPOST=${body.length}`, body)).toEqual(["OK"]);
    expect(await host.urc(/\+QHTTPPOST: /)).toBe("+QHTTPPOST: 0,200,5");
    expect(web.seen[0]?.body === body.toString("latin1")).toBe(true);
    expect(await host.command(`AT+QHTTPPOST=${body.length + 1}`)).toEqual(["+CME ERROR: 730"]);
  });

  it("says CONNECT when the server has the header, and not before", async () => {
    const { server, socket } = firstRequest();
    const host = await hostFor(await server);
    host.write("AT+QHTTPPOST=5\r");
    await host.until(/CONNECT\r\n/);
    host.write("hello");
    const connection = await socket;
    await host.until(/OK\r\n/);
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    expect(await host.urc(/\+QHTTPPOST: /)).toBe("+QHTTPPOST: 0,200,0");
    const nobody = await hostFor(await closedPort());
    expect(await nobody.command("AT+QHTTPPOST=5")).toEqual(["+CME ERROR: 716"]);
  });

  it("hears of a server that answers and goes before the body", async () => {
    const host = await hostFor(
      await raw("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", (socket) => socket.end()),
    );
    expect(await host.enter("AT+QHTTPPOST=5", "hello")).toEqual(["OK"]);
    expect(await host.urc(/\+QHTTPPOST: /)).toBe("+QHTTPPOST: 0,413,0");
  });

  it("is given up by +++, and free for the next", async () => {
    const web = await httpServer(hello);
    const host = await hostFor(web.port);
    await host.command("ATS12=2");
    host.write("AT+QHTTPPOST=100\r");
    await host.until(/CONNECT\r\n/);
    host.write("hel");
    await new Promise((resolve) => setTimeout(resolve, 100));
    host.write("+++");
    await host.until(/OK\r\n/);
    expect(await get(host)).toBe("+QHTTPGET: 0,200,5");
    expect(web.seen.map(({ line }) => line)).toEqual(["GET /"]);
  });

  it.each(["0", "", "5,0", "5,1,0", "5,1,1,1", '"5"'])("refuses the parameters %j", async (parameters) => {
    const host = await Bg96Host.online();
    expect(await host.command(`AT+QHTTPPOST=${parameters}`)).toEqual(["+CME ERROR: 730"]);
  });
});

describe("+QHTTPPOSTFILE", () => {
  it("sends a file as the body, or as header and body", async () => {
    const web = await httpServer(hello);
    const host = await hostFor(web.port);
    await host.enter('AT+QFUPL="body",256', ALL_BYTES);
    expect(await host.command('AT+QHTTPPOSTFILE="body"')).toEqual(["OK"]);
    expect(await host.urc(/\+QHTTPPOSTFILE: /)).toBe("+QHTTPPOSTFILE: 0,200,5");
    const request = "PUT /own HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab";
    await host.enter(`AT+QFUPL="RAM:request",${request.length}`, request);
    await host.command('AT+QHTTPCFG="requestheader",1');
    expect(await host.command('AT+QHTTPPOSTFILE="RAM:request",5')).toEqual(["OK"]);
    expect(await host.urc(/\+QHTTPPOSTFILE: /)).toBe("+QHTTPPOSTFILE: 0,200,5");
    expect(web.seen.map(({ line, body }) => [line, body])).toEqual([
      ["POST /", ALL_BYTES.toString("latin1")],
      ["PUT /own", "ab"],
    ]);
  });

  it("is refused before OK when the server can't be reached, and when there is no such file or name", async () => {
    const host = await hostFor(await closedPort());
    await host.enter('AT+QFUPL="body",1', "a");
    expect(await host.command('AT+QHTTPPOSTFILE="body"')).toEqual(["+CME ERROR: 716"]);
    expect(await host.command('AT+QHTTPPOSTFILE="none"')).toEqual(["+CME ERROR: 405"]);
    expect(await host.command(`AT+QHTTPPOSTFILE="${"n".repeat(81)}"`)).toEqual(["+CME ERROR: 730"]);
    expect(await host.command("AT+QHTTPPOSTFILE=body")).toEqual(["+CME ERROR: 730"]);
  });
});

describe("+QHTTPREAD", () => {
  it("reads a response once, and none that a newer request has dropped", async () => {
    const web = await httpServer(hello);
    const host = await hostFor(web.port);
    expect(await host.command("AT+QHTTPREAD")).toEqual(["+CME ERROR: 705"]);
    await get(host);
    await get(host);
    expect(await read(host, "AT+QHTTPREAD=1")).toBe("hello");
    expect(await host.command("AT+QHTTPREAD")).toEqual(["+CME ERROR: 705"]);
    expect(await host.command('AT+QHTTPREADFILE="a"')).toEqual(["+CME ERROR: 705"]);
  });

  it("ends with 719 where the server has closed too early", async () => {
    const host = await hostFor(await raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", (socket) => socket.end()));
    expect(await get(host)).toBe("+QHTTPGET: 0,200,9");
    expect(await host.dataOf("AT+QHTTPREAD")).toBe("abc\r\n+CME ERROR: 719\r\n");
    expect(await host.command("AT+QHTTPREAD")).toEqual(["+CME ERROR: 705"]);
  });

  it("waits no longer for the next piece than it is told", async () => {
    const host = await hostFor(await raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"));
    await get(host);
    expect(await host.dataOf("AT+QHTTPREAD=1")).toBe("abc\r\n+CME ERROR: 722\r\n");
  });

  it("is broken off by +++", async () => {
    const host = await hostFor(await raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"));
    await get(host);
    await host.command("ATS12=2");
    host.write("AT+QHTTPREAD\r");
    await host.until(/abc$/);
    await new Promise((resolve) => setTimeout(resolve, 100));
    host.write("+++");
    expect(await host.until(/OK\r\n/)).toBe("\r\nOK\r\n");
    await host.command("AT");
    expect(host.unread).toBe("");
  });

  it.each(["=0", "=65536", "=1,1"])("refuses the parameters %s", async (parameters) => {
    const host = await Bg96Host.online();
    expect(await host.command(`AT+QHTTPREAD${parameters}`)).toEqual(["+CME ERROR: 730"]);
  });
});

describe("+QHTTPREADFILE", () => {
  it("stores header and body, over a file of that name", async () => {
    const web = await httpServer(hello);
    const host = await hostFor(web.port);
    await host.enter('AT+QFUPL="a.txt",3', "old");
    await get(host);
    expect(await host.command('AT+QHTTPREADFILE="a.txt",5')).toEqual(["OK"]);
    expect(await host.urc(/\+QHTTPREADFILE: /)).toBe("+QHTTPREADFILE: 0");
    expect(await host.dataOf('AT+QFDWL="a.txt"')).toMatch(/^hello\r\n/);
  });

  it("keeps what came when the rest does not", async () => {
    const host = await hostFor(await raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"));
    await get(host);
    expect(await host.command('AT+QHTTPREADFILE="a.txt",1')).toEqual(["OK"]);
    expect(await host.command("AT+QHTTPREAD")).toEqual(["+CME ERROR: 703"]);
    expect(await host.urc(/\+QHTTPREADFILE: /)).toBe("+QHTTPREADFILE: 722");
    expect(await host.command("AT+QFLST")).toEqual(['+QFLST: "a.txt",3', "OK"]);
  });

  it("tells that the drive is full", async () => {
    const size = 1_100_000;
    const host = await hostFor(await raw(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${"x".repeat(size)}`));
    await get(host);
    await host.command('AT+QHTTPREADFILE="RAM:a"');
    expect(await host.urc(/\+QHTTPREADFILE: /)).toBe("+QHTTPREADFILE: 729");
  });

  it.each(["a.txt", '"a/b"', '"a",0', '"a",1,1', '""'])("refuses the parameters %s", async (parameters) => {
    const host = await Bg96Host.online();
    expect(await host.command(`AT+QHTTPREADFILE=${parameters}`)).toEqual(["+CME ERROR: 730"]);
  });
});
