import "../../support/quick-time";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { deployNode, useNodeRed } from "../support/flow";
import { rawServer, TestServer } from "../support/http-server";

const server = new TestServer();
const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

useNodeRed();
beforeAll(() => server.start());
afterEach(() => server.drop());
afterAll(() => server.stop());

const port = (model: string, target = server.port) => `sim:${model}?route=server.example:80=127.0.0.1:${target}`;

function http(properties: Record<string, unknown> = {}, model = "LARA-R6", credentials: object = {}) {
  return deployNode(
    { type: "modem-http", url: "http://server.example/", ...properties },
    { port: port(model) },
    credentials,
  );
}

describe.each(["LARA-R6", "BG96"])("modem-http on %s", (model) => {
  it("answers a message with the page, the status code, the headers and the URL", async () => {
    server.answer((_request, response) => {
      response.writeHead(200, { "X-Test": "yes", "content-type": "text/plain" });
      response.end("grüße");
    });
    const node = await http({ url: "server.example/{{topic}}?a=1" }, model);
    const message = { topic: "page", payload: "", kept: { a: 1 } };
    node.receive(message);
    const answer = await node.out.next();
    expect(answer).toMatchObject({
      payload: "grüße",
      statusCode: 200,
      headers: { "x-test": "yes" },
      responseUrl: "http://server.example/page?a=1",
      topic: "page",
      kept: { a: 1 },
    });
    await node.complete.next();
    expect(server.seen).toMatchObject([{ method: "GET", url: "/page?a=1" }]);
    expect(node.errors.messages).toEqual([]);
  });

  it("passes a 404 and a 500 on as messages", async () => {
    server.answer(({ url }, response) => {
      response.statusCode = Number(url.slice(1));
      response.end("sorry");
    });
    const node = await http({ url: "" }, model);
    for (const code of [404, 500]) {
      node.receive({ url: `http://server.example/${code}` });
      expect(await node.out.next()).toMatchObject({ statusCode: code, payload: "sorry" });
    }
    expect(node.errors.messages).toEqual([]);
  });

  it.each(["POST", "PUT"])("sends an object as JSON by %s, and returns JSON as an object", async (method) => {
    server.answer(({ body }, response) => response.end(body));
    const node = await http({ method, ret: "obj" }, model);
    node.receive({ payload: { values: [1, 2.5, "grüße"], ok: true } });
    expect(await node.out.next()).toMatchObject({ payload: { values: [1, 2.5, "grüße"], ok: true } });
    expect(server.seen[0]).toMatchObject({ method, headers: { "content-type": "application/json" } });
  });

  it.each(["POST", "PUT"])("sends every byte value by %s", async (method) => {
    server.answer(({ body }, response) => response.end(body));
    const node = await http({ method, ret: "bin" }, model);
    node.receive({ payload: ALL_BYTES });
    expect((await node.out.next()).payload).toEqual(ALL_BYTES);
    expect(server.seen[0]?.body).toEqual(ALL_BYTES);
  });

  it("sends no body by DELETE where there is no payload, and takes the method from the message where it is told to", async () => {
    server.answer((_request, response) => response.writeHead(204).end());
    const node = await http({ method: "use", ret: "obj" }, model);
    node.receive({ method: "delete" });
    expect(await node.out.next()).toMatchObject({ statusCode: 204, payload: {} });
    expect(server.seen).toMatchObject([{ method: "DELETE", body: Buffer.alloc(0) }]);
    for (const method of ["PATCH", "", undefined, "GET\r\n"]) {
      node.receive({ method });
      expect((await node.errors.next()).error).toMatchObject({ code: "INVALID_INPUT" });
    }
    expect(server.seen).toHaveLength(1);
  });

  it("sends the header fields of the dialog and the message, the content type, and the credentials", async () => {
    const node = await http(
      {
        method: "POST",
        contentType: "text/csv",
        authType: "basic",
        headers: [{ keyType: "other", keyValue: "X-Dialog", valueType: "msg", valueValue: "topic" }],
      },
      model,
      { n: { user: "me", password: "p:ss word" } },
    );
    server.answer((_request, response) => response.end());
    node.receive({ payload: "a,b", topic: "t1", headers: { "x-message": "m1", "content-type": "text/plain" } });
    await node.out.next();
    expect(server.seen[0]?.headers).toMatchObject({
      "x-dialog": "t1",
      "x-message": "m1",
      "content-type": "text/csv",
      authorization: `Basic ${Buffer.from("me:p:ss word").toString("base64")}`,
    });
  });

  it("does not send an earlier answer's headers with the next request", async () => {
    server.answer((_request, response) => response.writeHead(200, { "x-secret": "1" }).end());
    const node = await http({}, model);
    node.receive({});
    const first = await node.out.next();
    node.receive(first);
    await node.out.next();
    expect(server.seen).toHaveLength(2);
    expect(server.seen[1]?.headers).not.toHaveProperty("x-secret");
  });

  it("makes an object the query of a GET", async () => {
    server.answer((_request, response) => response.end());
    const node = await http({}, model);
    node.receive({ payload: { q: "a b&c", n: 1 } });
    await node.out.next();
    expect(server.seen[0]?.url).toBe("/?q=a%20b%26c&n=1");
  });

  describe("copes with a body", () => {
    const cases: [name: string, body: Buffer][] = [
      ["of every byte value", ALL_BYTES],
      ["with CR LF OK CR LF inside", Buffer.from("before\r\nOK\r\n\r\nERROR\r\nafter\r\n")],
      ["with quotes and a line that looks like a URC", Buffer.from('"\r\n+UUHTTPCR: 0,1,1\r\n"+QHTTPREAD: 0\r\n"')],
      ["that breaks off like a failed read", Buffer.from("\r\n+CME ERROR: 705\r\n")],
      ["that is empty", Buffer.alloc(0)],
      ["of one byte", Buffer.from([0])],
      ["that is compressed, and leaves it so", gzipSync("hello")],
    ];

    it.each(cases)("%s", async (_name, body) => {
      server.answer((_request, response) => response.writeHead(200, { "content-length": body.length }).end(body));
      const node = await http({ ret: "bin" }, model);
      node.receive({});
      expect((await node.out.next()).payload).toEqual(body);
    });

    it("that comes in chunks", async () => {
      server.answer((_request, response) => {
        for (const part of ["one,", "\r\n0\r\n\r\n", "two"]) response.write(part);
        response.end();
      });
      const node = await http({}, model);
      node.receive({});
      expect((await node.out.next()).payload).toBe("one,\r\n0\r\n\r\ntwo");
    });

    it("without a Content-Length, which ends with the connection", async () => {
      const raw = await rawServer((socket) => socket.end("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end"));
      const node = await deployNode({ type: "modem-http", url: "server.example" }, { port: port(model, raw.port) });
      node.receive({});
      expect((await node.out.next()).payload).toBe("to the end");
      await raw.stop();
    });

    it("of a redirection, which it does not follow where it is told not to", async () => {
      server.answer((_request, response) => response.writeHead(302, { location: "/elsewhere" }).end("moved"));
      const node = await http({ followRedirects: false }, model);
      node.receive({});
      expect(await node.out.next()).toMatchObject({
        statusCode: 302,
        payload: "moved",
        headers: { location: "/elsewhere" },
      });
      expect(server.seen).toHaveLength(1);
    });

    it("from a server that takes its time", async () => {
      server.answer((_request, response) => {
        response.write("slow ");
        setTimeout(() => response.end("but sure"), 1500);
      });
      const node = await http({}, model);
      node.receive({});
      expect((await node.out.next()).payload).toBe("slow but sure");
    });

    it("from a server that closes early, as an error", async () => {
      const raw = await rawServer((socket) => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this");
        setTimeout(() => socket.destroy(), 20);
      });
      const node = await deployNode(
        { type: "modem-http", url: "server.example", timeout: 20 },
        { port: port(model, raw.port) },
      );
      node.receive({ payload: "mine" });
      const failed = await node.errors.next();
      expect(failed.payload).toBe("mine");
      expect(["CONNECTION_CLOSED", "MODEM_TIMEOUT", "MODEM_REJECTED", "PROTOCOL_ERROR"]).toContain(failed.error?.code);
      expect(node.out.messages).toEqual([]);
      await raw.stop();
    });
  });

  it("tells a Catch node in its own code what went wrong", async () => {
    const node = await deployNode({ type: "modem-http", url: "", timeout: 30 }, { port: port(model, 1) });
    node.receive({ url: "http://server.example/" });
    const refused = (await node.errors.next()).error;
    expect(refused).toMatchObject({ code: "CONNECT_FAILED", source: { id: "n" } });
    expect(refused?.cause).toEqual(expect.objectContaining({ errorCode: expect.any(Number) }));
    node.receive({ url: "http://name.invalid/" });
    expect((await node.errors.next()).error).toMatchObject({ code: "DNS_FAILED" });
    node.receive({ url: "https://server.example/" });
    expect((await node.errors.next()).error).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(/^tls: an https: URL needs a security profile/),
    });
    expect([node.out.messages, node.complete.messages]).toEqual([[], []]);
  });

  it("fails by the timeout of the message, and works again afterwards", async () => {
    server.answer(({ url }, response) => {
      if (url !== "/silent") response.end("here");
    });
    const node = await http({ url: "" }, model);
    node.receive({ url: "server.example" });
    await node.out.next();
    const start = performance.now();
    node.receive({ url: "server.example/silent", requestTimeout: 1000 });
    expect((await node.errors.next()).error).toMatchObject({ code: "MODEM_TIMEOUT" });
    expect(performance.now() - start).toBeLessThan(5000);
    // What no timer can count would be over at once.
    for (const requestTimeout of [undefined, Number.POSITIVE_INFINITY, 2 ** 40, Object.create(null)]) {
      node.receive({ url: "server.example", requestTimeout });
      expect((await node.out.next()).payload).toBe("here");
    }
  });

  it("refuses what a command can't carry, and sends nothing", async () => {
    server.answer((_request, response) => response.end());
    const node = await http({ url: "" }, model);
    const ok = "http://server.example/";
    const hostile: Record<string, unknown>[] = [
      { url: 'http://server.example"/\r\nAT+CFUN=0' },
      { url: `${ok}\u001a+++` },
      { url: "" },
      { url: { toString: () => ok } },
      { url: ok, headers: { 'X-"': "1" } },
      { url: ok, headers: { "X-A": '1"\r\nAT+CPWROFF' } },
      { url: ok, headers: { "X-A\r\nX-B": "1" } },
      { url: ok, headers: "X-A: 1" },
      { url: `${ok}${"a".repeat(5000)}` },
    ];
    for (const message of hostile) {
      node.receive(message);
      expect((await node.errors.next()).error, JSON.stringify(message)).toMatchObject({ code: "INVALID_INPUT" });
    }
    expect(server.seen).toEqual([]);
    node.receive({ url: `${ok}"quoted"` });
    await node.out.next();
    expect(server.seen[0]?.url).toBe("/%22quoted%22");
  });
});

describe("modem-http", () => {
  it("fetches 5 MB", async () => {
    const body = Buffer.alloc(5_000_000, ALL_BYTES);
    server.answer((_request, response) => response.end(body));
    const node = await http({ ret: "bin" });
    node.receive({});
    const { payload } = await node.out.next();
    expect(Buffer.compare(payload as Buffer, body)).toBe(0);
  }, 120_000);

  it("runs four requests side by side on a LARA-R6, and lets the fifth wait", async () => {
    const held: (() => void)[] = [];
    let arrived = () => {};
    server.answer(({ url }, response) => {
      held.push(() => response.end(url));
      arrived();
    });
    const reached = (count: number) =>
      new Promise<void>((resolve) => {
        arrived = () => held.length >= count && resolve();
        arrived();
      });
    const node = await http({ url: "" });
    for (let id = 1; id <= 5; id += 1) node.receive({ url: `server.example/${id}`, id });
    await reached(4);
    expect(server.seen.map(({ url }) => url).sort()).toEqual(["/1", "/2", "/3", "/4"]);
    expect(node.out.messages).toEqual([]);
    held[2]?.();
    const first = await node.out.next();
    expect(first.payload).toBe(server.seen[2]?.url);
    await reached(5);
    expect(server.seen[4]?.url).toBe("/5");
    for (const release of held) release();
    for (let rest = 0; rest < 4; rest += 1) await node.out.next();
    expect(node.out.messages.map(({ id }) => id).sort()).toEqual([1, 2, 3, 4, 5]);
  });

  it("says that a body is no JSON by a warning, and passes the text on", async () => {
    server.answer((_request, response) => response.end("<html>"));
    const node = await http({ ret: "obj" });
    node.receive({});
    expect((await node.out.next()).payload).toBe("<html>");
  });
});
