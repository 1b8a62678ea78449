import { describe, expect, it } from "vitest";
import { ALL_BYTES, closedPort, httpServer, tcpServer } from "../../internet/servers";
import { route } from "../../modem-host";
import { LaraHost } from "../lara-host";
import { hello, hostFor, request } from "./http-host";

const lastError = async (host: LaraHost, profile = 0) => (await host.command(`AT+UHTTPER=${profile}`))[0];
const bodyOf = (file: Buffer) => file.subarray(file.indexOf("\r\n\r\n") + 4);

describe("+UHTTPC", () => {
  it.each([
    ['AT+UHTTPC=0,0,"/a?b=c","r"', "0,0,1", "HEAD /a?b=c", ""],
    ['AT+UHTTPC=0,1,"/a?b=c","r"', "0,1,1", "GET /a?b=c", ""],
    ['AT+UHTTPC=0,2,"/a","r"', "0,2,1", "DELETE /a", ""],
    ['AT+UHTTPC=0,3,"/a","r","up",4', "0,3,1", "PUT /a", "{}"],
    ['AT+UHTTPC=0,4,"/a","r","up",4', "0,4,1", "POST /a", "{}"],
    ['AT+UHTTPC=0,5,"/a","r","a=1",0', "0,5,1", "POST /a", "a=1"],
  ])("%s", async (line, result, requestLine, body) => {
    const server = await httpServer(hello);
    const host = await hostFor(server.port);
    await host.upload('AT+UDWNFILE="up",2', Buffer.from("{}"));
    expect(await request(host, line)).toBe(`+UUHTTPCR: ${result}`);
    expect(server.seen).toMatchObject([{ line: requestLine, body }]);
    expect(await lastError(host)).toBe("+UHTTPER: 0,0,0");
  });

  it("writes Host, User-Agent and Connection, and a body's type and length", async () => {
    const server = await httpServer(hello);
    const host = await hostFor(server.port);
    await request(host, 'AT+UHTTPC=0,5,"/","r","{}",4');
    expect(server.seen[0]?.headers).toEqual({
      host: "web.test",
      "user-agent": "UBlox LARA-R6/1.0.0 (N7/HTTP 1.1)",
      connection: "keep-alive",
      "content-type": "application/json",
      "content-length": "2",
    });
  });

  it.each([
    ["0", "application/x-www-form-urlencoded"],
    ["1", "text/plain"],
    ["2", "application/octet-stream"],
    ["3", "multipart/form-data; boundary=U1Blox2Http3Unique4Boundary5"],
    ["4", "application/json"],
    ["5", "application/xml"],
    ['6,"application/cbor"', "application/cbor"],
  ])("content type %s is %s", async (type, words) => {
    const server = await httpServer(hello);
    const host = await hostFor(server.port);
    await request(host, `AT+UHTTPC=0,5,"/","r","x",${type}`);
    expect(server.seen[0]?.headers["content-type"]).toBe(words);
  });

  it("wraps a file posted as multipart/form-data into a form, and a file put is left alone", async () => {
    const server = await httpServer(hello);
    const host = await hostFor(server.port);
    await host.upload('AT+UDWNFILE="up.bin",256', ALL_BYTES);
    await request(host, 'AT+UHTTPC=0,4,"/","r","up.bin",3');
    await request(host, 'AT+UHTTPC=0,3,"/","r","up.bin",3');
    expect(server.seen[0]?.body).toBe(
      [
        "--U1Blox2Http3Unique4Boundary5",
        'Content-Disposition: form-data; name="file_post"; filename="up.bin"',
        "Content-Length: 256",
        "Content-Type: application/octet-stream",
        "",
        ALL_BYTES.toString("latin1"),
        "--U1Blox2Http3Unique4Boundary5--",
        "",
        "",
      ].join("\r\n"),
    );
    expect(server.seen[1]?.body).toBe(ALL_BYTES.toString("latin1"));
  });

  it("stores the answer as it stood on the wire, chunks and all", async () => {
    const port = await tcpServer((socket) => {
      socket.once("data", () => {
        socket.end(
          "HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nx-Y:  z\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        );
      });
    });
    const host = await hostFor(port);
    expect(await request(host, 'AT+UHTTPC=0,1,"/","r"')).toBe("+UUHTTPCR: 0,1,1");
    const file = (await host.read('AT+URDFILE="r"')).toString();
    expect(file).toBe(
      "HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nx-Y:  z\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    );
  });

  it.each([204, 304, 404, 500])("takes status %i for a success", async (status) => {
    const server = await httpServer((_, response) => void response.writeHead(status).end());
    const host = await hostFor(server.port);
    expect(await request(host, 'AT+UHTTPC=0,1,"/","r"')).toBe("+UUHTTPCR: 0,1,1");
    expect((await host.read('AT+URDFILE="r"')).toString()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it("stores a HEAD answer that announces a body it does not have", async () => {
    const server = await httpServer((_, response) => void response.writeHead(200, { "Content-Length": 999 }).end());
    const host = await hostFor(server.port);
    expect(await request(host, 'AT+UHTTPC=0,0,"/","r"')).toBe("+UUHTTPCR: 0,0,1");
    expect(bodyOf(await host.read('AT+URDFILE="r"'))).toHaveLength(0);
  });

  it("carries 5 MB of all byte values, to be read block by block", async () => {
    const body = Buffer.alloc(5 * 1024 * 1024, ALL_BYTES);
    const server = await httpServer((_, response) => void response.end(body));
    const host = await hostFor(server.port);
    expect(await request(host, 'AT+UHTTPC=0,1,"/","r"')).toBe("+UUHTTPCR: 0,1,1");
    const size = Number((await host.command('AT+ULSTFILE=2,"r"'))[0]?.split(" ")[1]);
    const blocks: Buffer[] = [];
    for (let offset = 0; offset < size; offset += 65_536) {
      blocks.push(await host.read(`AT+URDBLOCK="r",${offset},65536`));
    }
    expect(bodyOf(Buffer.concat(blocks)).equals(body)).toBe(true);
  });

  it("replaces the result file, and names one itself when given none", async () => {
    const server = await httpServer((incoming, response) => void response.end(incoming.url));
    const host = await hostFor(server.port);
    await request(host, 'AT+UHTTPC=0,1,"/longer","r"');
    await request(host, 'AT+UHTTPC=0,1,"/b","r"');
    expect(bodyOf(await host.read('AT+URDFILE="r"')).toString()).toBe("/b");
    await request(host, 'AT+UHTTPC=0,1,"/c",""');
    expect(bodyOf(await host.read('AT+URDFILE="http_last_response_0"')).toString()).toBe("/c");
  });

  it("runs four profiles side by side and refuses a second request on a busy one", async () => {
    const waiting: (() => void)[] = [];
    const server = await httpServer((_, response) => void waiting.push(() => response.end("late")));
    const host = await hostFor(server.port);
    for (const profile of [0, 1, 2, 3]) {
      await host.command(`AT+UHTTP=${profile},1,"web.test"`);
      expect(await host.command(`AT+UHTTPC=${profile},1,"/${profile}","r${profile}"`)).toEqual(["OK"]);
    }
    expect(await host.command('AT+UHTTPC=2,1,"/again","r"')).toEqual(["+CME ERROR: operation not allowed"]);
    expect(await host.command("AT+UHTTPER=2")).toEqual(["+UHTTPER: 2,3,30", "OK"]);
    await expect.poll(() => waiting.length).toBe(4);
    for (const finish of waiting) finish();
    const results = [];
    for (let i = 0; i < 4; i += 1) results.push(await host.urc(/\+UUHTTPCR: /));
    expect(results.sort()).toEqual([0, 1, 2, 3].map((profile) => `+UUHTTPCR: ${profile},1,1`));
    expect(await host.command('AT+UHTTPC=2,1,"/again","r"')).toEqual(["OK"]);
  });
});

describe("+UHTTPC that fails", () => {
  it("tells a name that does not exist", async () => {
    const host = await LaraHost.open();
    await host.command('AT+UHTTP=0,1,"no-such-host.invalid"');
    expect(await request(host, 'AT+UHTTPC=0,1,"/","r"')).toBe("+UUHTTPCR: 0,1,0");
    expect(await lastError(host)).toBe("+UHTTPER: 0,3,23");
  });

  it("tells a refused connection, and forgets it after a success", async () => {
    const host = await hostFor(await closedPort());
    expect(await request(host, 'AT+UHTTPC=0,1,"/","r"')).toBe("+UUHTTPCR: 0,1,0");
    expect(await lastError(host)).toBe("+UHTTPER: 0,3,11");
    const server = await httpServer(hello);
    await host.command('AT+UHTTP=0,1,"127.0.0.1"');
    await host.command(`AT+UHTTP=0,5,${server.port}`);
    await request(host, 'AT+UHTTPC=0,1,"/","r"');
    expect(await lastError(host)).toBe("+UHTTPER: 0,0,0");
  });

  it("tells a server that closes early, and keeps no half answer", async () => {
    const port = await tcpServer((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
    });
    const host = await hostFor(port);
    expect(await request(host, 'AT+UHTTPC=0,1,"/","r"')).toBe("+UUHTTPCR: 0,1,0");
    expect(await lastError(host)).toBe("+UHTTPER: 0,3,44");
    expect(await host.command('AT+URDFILE="r"')).toEqual(["+CME ERROR: FILE NOT FOUND"]);
  });

  it("tells a failed TLS handshake", async () => {
    const port = await tcpServer((socket) => socket.once("data", () => socket.end("no TLS")));
    const host = await LaraHost.open([route("web.test", 443, port)]);
    await host.command('AT+UHTTP=0,1,"web.test"');
    await host.command("AT+UHTTP=0,6,1");
    expect(await request(host, 'AT+UHTTPC=0,1,"/","r"')).toBe("+UUHTTPCR: 0,1,0");
    expect(await lastError(host)).toBe("+UHTTPER: 0,3,73");
  });

  it("tells a missing connection", async () => {
    const host = await LaraHost.open();
    await host.command('AT+UHTTP=0,1,"127.0.0.1"');
    await host.command("AT+UHTTP=0,20,3");
    expect(await request(host, 'AT+UHTTPC=0,1,"/","r"')).toBe("+UUHTTPCR: 0,1,0");
    expect(await lastError(host)).toBe("+UHTTPER: 0,10,22");
  });

  it("tells a connection that goes while the server thinks", async () => {
    const asked: unknown[] = [];
    const server = await httpServer((incoming) => void asked.push(incoming));
    const host = await hostFor(server.port);
    await host.command('AT+UHTTPC=0,1,"/","r"');
    await expect.poll(() => asked.length).toBe(1);
    host.fault("lost-context=1");
    expect(await host.urc(/\+UUHTTPCR: /)).toBe("+UUHTTPCR: 0,1,0");
    expect(await lastError(host)).toBe("+UHTTPER: 0,3,44");
  });

  it("refuses a request without a server", async () => {
    const host = await LaraHost.open();
    expect(await host.command('AT+UHTTPC=0,1,"/","r"')).toEqual(["+CME ERROR: operation not allowed"]);
    expect(await lastError(host)).toBe("+UHTTPER: 0,3,7");
  });

  it("says nothing more after a reboot", async () => {
    const asked: unknown[] = [];
    const server = await httpServer((incoming) => void asked.push(incoming));
    const host = await hostFor(server.port);
    await host.command('AT+UHTTPC=0,1,"/","r"');
    await expect.poll(() => asked.length).toBe(1);
    await host.reboot();
    expect(await lastError(host)).toBe("+UHTTPER: 0,0,0");
    expect(host.unread).not.toContain("UUHTTPCR");
  });

  it.each([
    ['AT+UHTTPC=4,1,"/","r"', "incorrect parameters"],
    ['AT+UHTTPC=0,6,"/","r"', "incorrect parameters"],
    ['AT+UHTTPC=0,1,"","r"', "incorrect parameters"],
    ['AT+UHTTPC=0,1,"/"', "incorrect parameters"],
    ['AT+UHTTPC=0,1,"/","r","x"', "incorrect parameters"],
    ["AT+UHTTPC=0,1,/,r", "incorrect parameters"],
    ['AT+UHTTPC=0,4,"/","r","none",1', "FILE NOT FOUND"],
    ['AT+UHTTPC=0,4,"/","r","none"', "incorrect parameters"],
    ['AT+UHTTPC=0,5,"/","r","x",7', "incorrect parameters"],
    ['AT+UHTTPC=0,5,"/","r","x",6', "incorrect parameters"],
    ['AT+UHTTPC=0,5,"/","r","x",1,"text/plain"', "incorrect parameters"],
    ['AT+UHTTPC=0,5,"/","r","x",6,""', "incorrect parameters"],
    [`AT+UHTTPC=0,5,"/","r","${"x".repeat(129)}",1`, "text string too long"],
    [`AT+UHTTPC=0,5,"/","r","x",6,"${"t".repeat(65)}"`, "text string too long"],
    [`AT+UHTTPC=0,1,"/","${"r".repeat(249)}"`, "FFS invalid filename"],
    ["AT+UHTTPER=4", "incorrect parameters"],
    ["AT+UHTTPER?", "operation not supported"],
  ])("%s: %s", async (line, words) => {
    const host = await LaraHost.open();
    await host.command('AT+UHTTP=0,1,"127.0.0.1"');
    expect(await host.command(line)).toEqual([`+CME ERROR: ${words}`]);
  });
});
