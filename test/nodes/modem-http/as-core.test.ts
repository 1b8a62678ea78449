import "../../support/quick-time";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { besideCore, type Side } from "../support/beside-core";
import { useNodeRed } from "../support/flow";
import { TestServer } from "../support/http-server";

const server = new TestServer();

useNodeRed();
beforeAll(() => server.start());
afterAll(() => server.stop());

/** Fields that name or serve the sender, not the flow. */
const SENDERS = ["user-agent", "accept", "accept-encoding", "connection", "host", "content-length", "cache-control"];

/** What a LARA-R6 says of a body for which the flow states no type: its command needs one. */
const UNTYPED = "application/octet-stream";

/** A random boundary is the only thing about a body that may differ. */
function normal(text: string): string {
  return text.replace(/-{2,}[0-9a-f]{20,}(?:-*)/gi, "BOUNDARY");
}

/** What the server saw, as far as the flow's author decides about it. */
function requests({ seen }: Side) {
  return seen.map(({ method, url, headers, body }) => ({
    method,
    url,
    body: normal(body.toString("latin1")),
    headers: Object.fromEntries(
      Object.entries(headers)
        .filter(([name, value]) => !SENDERS.includes(name) && value !== UNTYPED)
        .map(([name, value]) => [name, normal(String(value))]),
    ),
  }));
}

/** What came out of the node. */
function result({ message }: Side) {
  const { payload, statusCode, redirectList, responseUrl, responseCookies } = message as unknown as Record<
    string,
    unknown
  >;
  const body = typeof payload === "string" ? normal(payload) : payload;
  return { payload: body, statusCode, redirectList, responseUrl, responseCookies };
}

describe.each(["LARA-R6", "BG96"])("modem-http beside core's http request, on %s", (model) => {
  const at = (path: string) => `http://127.0.0.1:${server.port}${path}`;
  const beside = (properties: Record<string, unknown> = {}) => besideCore(server, model, properties);
  const same = async (message: () => Record<string, unknown>, properties: Record<string, unknown> = {}) => {
    const both = await (await beside(properties))(message);
    expect(both.core.message.error, "core").toBeUndefined();
    expect(requests(both.ours)).toEqual(requests(both.core));
    expect(result(both.ours)).toEqual(result(both.core));
    return both;
  };
  const echo = () => server.answer(({ body, url }, response) => response.end(body.length > 0 ? body : url));

  describe("F13 escapes a URL alike", () => {
    it.each([
      ["blanks, a degree sign, a pipe, a per cent sign", "/send?Text=Temp 24,0°|Hum 80%"],
      ["blanks in the path", "/a b/c d?e=f"],
      ["letters beyond ASCII in path and query", "/grüße/日本?q=größe&e=😀"],
      ["what is escaped already", "/a%20b?c=%2520&d=%41"],
      ["half an escape", "/?load=20%&x=%4&y=%zz&z=%"],
      ["quotation marks, angles, braces, backticks", '/?q="a"<b>{c}`d`^e|f\\g'],
      ["a question mark and a slash in the query", "/?a=b?c/d"],
      ["a plus sign and a semicolon", "/?a=1+1;b=2"],
      ["a fragment", "/a?b=c#d e"],
      ["dots in the path", "/a/./b/../c"],
    ])("%s", async (_name, path) => {
      echo();
      const { ours } = await same(() => ({ url: at(path) }));
      expect(ours.seen).toHaveLength(1);
    });

    it("and takes them from the dialog", async () => {
      echo();
      await same(() => ({ topic: "Temp 24,0°" }), { url: at("/send?Text={{{topic}}} %") });
    });

    it("as the report has it", async () => {
      echo();
      const { ours } = await same(() => ({ url: at("/send?Text=Temp 24,0°|Hum 80%") }));
      expect(ours.seen[0]?.url).toBe("/send?Text=Temp%2024,0%C2%B0|Hum%2080%25");
    });
  });

  describe("F11 writes an object as the content type says", () => {
    const MULTIPART = { "content-type": "multipart/form-data" };
    it.each<[string, unknown, Record<string, string>]>([
      ["texts", { name: "value", ü: "grüße\r\nzwei Zeilen" }, MULTIPART],
      ["numbers, truth, lists and objects as JSON", { n: 1.5, t: true, l: [1, "2"], o: { a: 1 } }, MULTIPART],
      ["nothing for null and undefined", { a: null, b: undefined, c: "" }, MULTIPART],
      ["bytes", { b: Buffer.from([0, 1, 13, 10, 255]) }, MULTIPART],
      [
        "files",
        {
          text: { value: "a,b", options: { filename: "data.csv" } },
          typed: { value: Buffer.from([1, 2]), options: { filename: "x.bin", contentType: "image/png" } },
          unknown: { value: "x", options: { filename: "file.xyzzy" } },
          bytes: { value: Buffer.from([3]), options: { filename: "folder/file.xyzzy" } },
          bare: { value: 5 },
          named: { value: "y", options: "page.html" },
          path: { value: "z", options: { filepath: "folder/./log.txt" } },
          extra: { value: "q", options: { header: { "X-Part": "1" } } },
        },
        MULTIPART,
      ],
      [
        "names that try to end their line",
        { 'a"\r\nX-Evil: 1': { value: "1", options: { filename: 'f"\r\n.txt' } } },
        MULTIPART,
      ],
      ["a list", ["a", "b"], MULTIPART],
      ["a form", { a: "1 2", b: ["x", "y"], c: "ü&=" }, { "content-type": "application/x-www-form-urlencoded" }],
      ["JSON where no type is stated", { a: [1, { b: "ü" }] }, {}],
      ["JSON under a type of the flow's own", { a: 1 }, { "content-type": "application/vnd.api+json" }],
    ])("%s", async (_name, payload, headers) => {
      echo();
      const { ours } = await same(() => ({ url: at("/"), payload, headers }), { method: "POST" });
      expect(ours.seen[0]?.body.length).toBeGreaterThan(0);
    });

    it.each([
      ["true", true],
      ["null", null],
      ["a number", 12],
      ["a text", "grüße"],
      ["bytes", Buffer.from([0, 255])],
    ])("and %s as ever", async (_name, payload) => {
      echo();
      await same(() => ({ url: at("/"), payload }), { method: "PUT" });
    });
  });

  describe("F12 sends and gives cookies alike", () => {
    it.each<[string, Record<string, unknown>]>([
      ["values", { cookies: { session: "abc", n: 5, t: true } }],
      ["values that need an escape", { cookies: { a: "b c;d=ü" } }],
      ["objects, as an answer gives them", { cookies: { session: { value: "a/b", Path: "/", Expires: "never" } } }],
      ["without an escape", { cookies: { a: { value: "x/y=", encode: false } } }],
      ["but none that is null", { cookies: { a: null, b: { value: null }, c: "1" } }],
      ["those of the header", { headers: { cookie: "a=1; b=2" } }],
      ["those of the header, overridden", { headers: { cookie: "a=1; b=2" }, cookies: { b: "3", c: "4" } }],
    ])("%s", async (_name, message) => {
      echo();
      const { ours } = await same(() => ({ url: at("/page"), ...message }));
      expect(ours.seen[0]?.headers.cookie).toBeDefined();
    });

    it("of the answer", async () => {
      server.answer((_request, response) => {
        const fields = [
          "a=1; Path=/; HttpOnly",
          'b="quoted"; Max-Age=60; Secure',
          "c=%C3%BC; expires=Wed, 21 Oct 2065 07:28:00 GMT",
        ];
        response.setHeader("set-cookie", [...fields, "d=x=y; SameSite=Lax; path=/a; Path=/b", "e=%zz", "no cookie"]);
        response.end("in");
      });
      const { ours } = await same(() => ({ url: at("/login") }));
      expect(ours.message).toMatchObject({ responseCookies: { a: { value: "1", Path: "/" }, c: { value: "ü" } } });
    });

    it("that the next request hands back, so that a login lasts", async () => {
      server.answer(({ url, headers }, response) => {
        if (url === "/login") response.setHeader("set-cookie", ["session=s%201; Path=/"]);
        response.end(headers.cookie ?? "anonymous");
      });
      const send = await beside();
      const login = await send(() => ({ url: at("/login") }));
      const [ours, core] = [login.ours.message, login.core.message].map((message) => {
        return (message as unknown as { responseCookies: unknown }).responseCookies;
      });
      expect(ours).toEqual(core);
      const { ours: page } = await send(() => ({ url: at("/page"), cookies: ours }));
      expect(page.message.payload).toBe("session=s%201");
    });
  });

  describe("F17 follows redirects alike", () => {
    it.each([301, 302, 303, 307, 308])("%s, relative and with a query", async (code) => {
      server.answer(({ url, method, body }, response) => {
        if (url.startsWith("/a")) response.writeHead(code, { location: "../b?c=d e&f=ü" }).end("moved");
        else response.end(`${method} ${body}`);
      });
      // Core announces a body that it does not send after a 303, and waits for ever.
      for (const method of code === 303 ? ["GET"] : ["GET", "POST", "PUT"]) {
        await same(() => ({ url: at("/a/x?y=z"), payload: method === "GET" ? undefined : "body" }), { method });
      }
    });

    it("with the cookies of the way", async () => {
      server.answer(({ url, headers }, response) => {
        if (url === "/")
          response.writeHead(302, { location: "/set", "set-cookie": ["a=1; Path=/", "old=; Max-Age=0"] });
        else if (url === "/set")
          response.writeHead(302, { location: "/end/x", "set-cookie": ["b=2; Path=/end", "c=3; Path=/other"] });
        response.end(headers.cookie ?? "none");
      });
      const { ours } = await same(() => ({ url: at("/"), cookies: { old: "x", mine: "y" } }));
      expect(ours.message).toMatchObject({
        redirectList: [{ location: "/set", cookies: { a: { value: "1" } } }, { location: "/end/x" }],
      });
    });

    it.each([false, true])("or not, as msg.followRedirects says: %s", async (followRedirects) => {
      server.answer(({ url }, response) => {
        if (url === "/a") response.writeHead(302, { location: "/b" });
        response.end(url);
      });
      const { ours } = await same(() => ({ url: at("/a"), followRedirects }));
      expect(ours.message).toMatchObject({ statusCode: followRedirects ? 200 : 302 });
    });

    it("without the flow's own secrets on another host", async () => {
      server.answer(({ url, headers }, response) => {
        if (url === "/a") response.writeHead(302, { location: `http://localhost:${server.port}/b` });
        response.end([headers.authorization, headers.cookie, headers["x-own"]].join("|"));
      });
      const headers = { authorization: "Bearer abc", "X-Own": "1" };
      const { ours } = await same(() => ({ url: at("/a"), headers, cookies: { session: "s" } }));
      expect(ours.message.payload).toBe("||1");
    });
  });

  it("F14 leaves out what the modem says anyway", async () => {
    echo();
    const { host } = new URL(at("/"));
    const headers = { Connection: "close", Host: host, "Content-Length": "4" };
    const { ours } = await same(() => ({ url: at("/"), headers, payload: "body" }), { method: "POST" });
    expect(ours.seen).toHaveLength(1);
  });

  it("returns bytes, JSON and an empty answer alike", async () => {
    server.answer((_request, response) => response.end(gzipSync("a")));
    await same(() => ({ url: at("/") }), { ret: "bin" });
    server.answer((_request, response) => response.end('{"a":[1]}'));
    await same(() => ({ url: at("/") }), { ret: "obj" });
    server.answer((_request, response) => response.writeHead(204).end());
    await same(() => ({ url: at("/") }), { ret: "obj" });
    server.answer((_request, response) => response.writeHead(500).end("sorry"));
    await same(() => ({ url: at("/") }));
  });
});
