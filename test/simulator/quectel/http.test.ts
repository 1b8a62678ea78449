import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { route } from "../modem-host";
import { closedPort, tcpServer } from "../network/servers";
import { ALL_BYTES, Bg96Host } from "./bg96-host";

interface Seen {
  readonly line: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A server that ends with the test, and what it was asked. */
async function httpServer(listener: RequestListener): Promise<{ port: number; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("latin1");
      seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      listener(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

/** A server that answers the header of each request with these bytes. */
const raw = (answer: string, afterwards: (socket: Socket) => void = () => undefined) =>
  tcpServer((socket) => {
    socket.once("data", () => socket.write(Buffer.from(answer, "latin1"), () => afterwards(socket)));
  });

const hello: RequestListener = (_, response) => {
  response.setHeader("Content-Length", 5);
  response.end("hello");
};

/** A modem whose URL is on the server of that port. */
async function hostFor(port: number, path = "/", ...options: string[]): Promise<Bg96Host> {
  const host = await Bg96Host.online([route("web.test", 80, port), ...options]);
  expect(await host.setUrl(`http://web.test${path}`)).toEqual(["OK"]);
  return host;
}

async function get(host: Bg96Host, line = "AT+QHTTPGET"): Promise<string> {
  expect(await host.command(line)).toEqual(["OK"]);
  return host.urc(/\+QHTTPGET: /);
}

const END = /\r\nOK\r\n\r\n\+QHTTPREAD: 0\r\n$/;

async function read(host: Bg96Host, line = "AT+QHTTPREAD"): Promise<string> {
  return (await host.dataOf(line, END)).replace(END, "");
}

/** Waits until a server has got the beginning of a request, and gives back its connection. */
function firstRequest(): { server: Promise<number>; socket: Promise<Socket> } {
  let arrived: (socket: Socket) => void = () => undefined;
  const socket = new Promise<Socket>((resolve) => {
    arrived = resolve;
  });
  return { server: tcpServer((connection) => connection.once("data", () => arrived(connection))), socket };
}

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
      "abcde",
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
