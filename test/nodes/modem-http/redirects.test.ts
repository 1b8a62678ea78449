import "../../support/quick-time";
import { createServer } from "node:https";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { HttpRequest, HttpResponse } from "../../../driver/services/http/http";
import { type Asked, requestFollowing } from "../../../nodes/modem-http/redirects";
import { failure } from "../../support/failure";
import { listen } from "../../support/listen";
import { deployNode, useNodeRed } from "../support/flow";
import { rawServer, TestServer } from "../support/http-server";
import { pem } from "../support/https-server";
import { deploySecureFlow } from "../support/secure-flow";

const server = new TestServer();
const other = new TestServer();

useNodeRed();
beforeAll(() => Promise.all([server.start(), other.start()]));
afterEach(() => server.drop());
afterAll(() => Promise.all([server.stop(), other.stop()]));

let modems = 0;

const ROUTES = () =>
  [
    `server.example:80=127.0.0.1:${server.port}`,
    `server.example:81=127.0.0.1:${other.port}`,
    `other.example:80=127.0.0.1:${other.port}`,
  ]
    .map((route) => `&route=${route}`)
    .join("");

const http = (model: string, properties: Record<string, unknown> = {}, credentials: object = {}) =>
  deployNode(
    { type: "modem-http", url: "http://server.example/start", ...properties },
    { port: `sim:${model}?name=redirects-${++modems}${ROUTES()}` },
    credentials,
  );

/** The server leads from /start to `location`, and shows everything else. */
function leadTo(location: string, code = 302): void {
  server.answer(({ url }, response) => {
    if (url === "/start") response.writeHead(code, { location });
    response.end(url);
  });
  other.answer(({ url }, response) => response.end(url));
}

describe.each(["LARA-R6", "BG96"])("F17 modem-http on %s", (model) => {
  it.each([
    ["/page", "http://server.example/page"],
    ["page", "http://server.example/page"],
    ["../page?a=b c", "http://server.example/page?a=b%20c"],
    ["?q=1", "http://server.example/start?q=1"],
    ["//other.example/x", "http://other.example/x"],
    ["http://server.example:81/y#part", "http://server.example:81/y#part"],
    ["HTTP://Other.Example/z", "http://other.example/z"],
    ["http://me:secret@other.example/u", "http://other.example/u"],
  ])("follows a Location %s", async (location, responseUrl) => {
    leadTo(location);
    const node = await http(model);
    node.receive({});
    expect(await node.out.next()).toMatchObject({ statusCode: 200, responseUrl, redirectList: [{ location }] });
    expect([...server.seen, ...other.seen].some(({ headers }) => "authorization" in headers)).toBe(false);
  });

  it.each([
    ["javascript:alert(1)", /http:\/\/ or https:\/\//],
    ["file:///etc/passwd", /http:\/\/ or https:\/\//],
    ["ftp://other.example/", /http:\/\/ or https:\/\//],
    ["http://", /not a URL/],
    ["http://[::1", /not a URL/],
    ["http://other.example:99999/", /not a URL/],
    ["http://other.example:0/", /port 0/],
    ["/a\tb", /control character/],
    ["/of 9000 characters", /9000 characters/],
    ["/of 5000 characters", /can't request/],
    ["https://other.example/", /tls: an https: URL needs a security profile/],
  ])("follows no Location %s, and says why", async (text, words) => {
    const length = Number(/\d+(?= characters)/.exec(text)?.[0] ?? 0);
    const location = text.padEnd(length, "a").replaceAll(" ", length > 0 ? "-" : " ");
    leadTo(location);
    const node = await http(model);
    node.receive({ payload: "mine" });
    const { error, payload } = await node.errors.next();
    expect(payload).toBe("mine");
    const code = location.startsWith("https:") ? "INVALID_INPUT" : "PROTOCOL_ERROR";
    expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
    expect(error?.message).toMatch(/^GET http:\/\/server\.example\/start was /);
    expect(error?.message.length).toBeLessThan(500);
    expect(server.seen.map(({ url }) => url)).toEqual(["/start"]);
    expect(other.seen).toEqual([]);
  });

  it("takes a redirect without a Location, and what is none, for the answer", async () => {
    const node = await http(model);
    for (const [code, headers] of [
      [302, {}],
      [304, { location: "/x" }],
      [201, { location: "/x" }],
      [302, { location: "" }],
    ] as const) {
      server.answer((_request, response) => response.writeHead(code, headers).end());
      node.receive({});
      expect(await node.out.next()).toMatchObject({ statusCode: code, redirectList: [] });
    }
  });

  it("follows five, and not a sixth", async () => {
    server.answer(({ url }, response) => {
      const left = Number(url.slice(1));
      if (left > 0) response.writeHead(302, { location: `/${left - 1}` });
      response.end("there");
    });
    const node = await http(model, { url: "" });
    node.receive({ url: "http://server.example/5" });
    expect(await node.out.next()).toMatchObject({ payload: "there", responseUrl: "http://server.example/0" });
    node.receive({ url: "http://server.example/6" });
    const { error } = await node.errors.next();
    expect(error).toMatchObject({
      code: "PROTOCOL_ERROR",
      message: expect.stringMatching(/^GET http:\/\/server\.example\/6 was redirected more than 5 times/),
    });
    expect(server.seen).toHaveLength(12);
  });

  it.each([
    ["the same host and port", "http://server.example/x", true],
    ["another host", "http://other.example/x", false],
    ["another port", "http://server.example:81/x", false],
  ])("sends the flow's own secrets on to %s: %s, %s", async (_name, location, sent) => {
    leadTo(location, 307);
    const node = await http(model, { method: "PUT", authType: "basic" }, { n: { user: "me", password: "pw" } });
    node.receive({ payload: "body", cookies: { session: "s" }, headers: { "X-Own": "1" } });
    await node.out.next();
    const [last] = [...other.seen, ...server.seen.slice(1)];
    expect(last).toMatchObject({ method: "PUT", body: Buffer.from("body"), headers: { "x-own": "1" } });
    expect(last?.headers.authorization).toBe(sent ? "Basic bWU6cHc=" : undefined);
    expect(last?.headers.cookie).toBe(sent ? "session=s" : undefined);
  });

  it.each(["Authorization", "AUTHORIZATION", "Cookie", "cookie", "Proxy-Authorization"])(
    "keeps the header %s from another host, and does not give it back on the way home",
    async (name) => {
      server.answer(({ url }, response) => {
        if (url === "/start") response.writeHead(302, { location: "http://other.example/x" });
        response.end();
      });
      other.answer((_request, response) => response.writeHead(302, { location: "http://server.example/home" }).end());
      const node = await http(model);
      node.receive({ headers: { [name]: "a=secret" } });
      await node.out.next();
      expect(JSON.stringify(other.seen)).not.toContain("secret");
      expect(server.seen[0]?.headers[name.toLowerCase()]).toBe("a=secret");
    },
  );

  it.each([
    [301, "PUT", "body"],
    [302, "PUT", "body"],
    [303, "GET", ""],
    [307, "PUT", "body"],
    [308, "PUT", "body"],
  ])("answers a %s to a PUT by a %s", async (code, method, body) => {
    leadTo("/next", code);
    const node = await http(model, { method: "PUT", contentType: "text/plain" });
    node.receive({ payload: "body", headers: { "Content-Language": "de" } });
    await node.out.next();
    expect(server.seen[1]).toMatchObject({ method, url: "/next", body: Buffer.from(body) });
    expect(server.seen[1]?.headers["content-type"]).toBe(body === "" ? undefined : "text/plain");
    expect(server.seen[1]?.headers["content-language"]).toBe(body === "" ? undefined : "de");
  });

  it("does not follow where the node says so, unless the message says otherwise", async () => {
    leadTo("/next");
    const node = await http(model, { followRedirects: false });
    node.receive({});
    expect(await node.out.next()).toMatchObject({ statusCode: 302, headers: { location: "/next" }, redirectList: [] });
    node.receive({ followRedirects: true });
    expect(await node.out.next()).toMatchObject({ statusCode: 200, payload: "/next" });
    node.receive({ followRedirects: "false" });
    expect(await node.out.next()).toMatchObject({ statusCode: 302 });
  });

  it("counts the whole way by the message's timeout", async () => {
    server.answer(({ url }, response) => {
      setTimeout(() => response.writeHead(302, { location: `${url}x` }).end(), 1500);
    });
    const node = await http(model);
    node.receive({ requestTimeout: 4000 });
    expect((await node.errors.next()).error).toMatchObject({ code: "MODEM_TIMEOUT" });
    expect(server.seen.length).toBeLessThan(5);
  });

  it("copes with a Location in UTF-8, as servers send it", async () => {
    const raw = await rawServer((socket) => {
      socket.end(
        Buffer.from("HTTP/1.1 302 Found\r\nLocation: http://other.example/grüße\r\nContent-Length: 0\r\n\r\n"),
      );
    });
    other.answer(({ url }, response) => response.end(url));
    const node = await deployNode(
      { type: "modem-http", url: "http://raw.example/" },
      { port: `sim:${model}?name=redirects-${++modems}&route=raw.example:80=127.0.0.1:${raw.port}${ROUTES()}` },
    );
    node.receive({});
    expect((await node.out.next()).payload).toBe("/gr%C3%BC%C3%9Fe");
    await raw.stop();
  });
});

describe.each(["LARA-R6", "BG96"])("F17 modem-http over TLS on %s", (model) => {
  const secure = async (location: string) => {
    const web = createServer({ cert: pem("server.cert"), key: pem("server.key") }, ({ url }, response) => {
      if (url === "/start") response.writeHead(302, { location });
      response.end(url);
    });
    return listen(web);
  };

  it("never goes from https: to http:", async () => {
    const port = await secure(`http://127.0.0.1:${other.port}/plain`);
    other.answer((_request, response) => response.end());
    const { ask } = await deploySecureFlow({ model, port, http: { url: "https://server.example/start" } });
    expect(await ask("n")).toMatchObject({
      error: { code: "PROTOCOL_ERROR", message: expect.stringMatching(/from https: to http:/) },
    });
    expect(other.seen).toEqual([]);
  });

  it("goes from http: to https: by the node's security profile", async () => {
    const port = await secure("/");
    other.answer((_request, response) => response.writeHead(301, { location: "https://server.example/page" }).end());
    const { ask } = await deploySecureFlow({ model, port, http: { url: `http://127.0.0.1:${other.port}/` } });
    expect(await ask("n", { headers: { Authorization: "secret" } })).toMatchObject({
      payload: "/page",
      responseUrl: "https://server.example/page",
    });
  });

  it("takes https: for a URL without a scheme where there is a profile, as core does", async () => {
    const port = await secure("/");
    const { ask } = await deploySecureFlow({ model, port, http: { url: "server.example/page" } });
    expect(await ask("n")).toMatchObject({ responseUrl: "https://server.example/page" });
  });
});

describe("F17 the requests on a way", () => {
  const answer = (statusCode: number, location?: string, cookies?: string[]): HttpResponse => ({
    statusCode,
    headers: {
      ...(location === undefined ? {} : { location }),
      ...(cookies === undefined ? {} : { "set-cookie": cookies }),
    },
    body: Buffer.alloc(0),
  });

  /** Gives the answers in turn, and tells what was asked. */
  async function along(asked: Partial<Asked>, answers: HttpResponse[]) {
    const requests: HttpRequest[] = [];
    const request: Asked = {
      method: "GET",
      url: "http://a.b/",
      headers: [],
      cookies: [],
      followRedirects: true,
      timeout: 1000,
      ...asked,
    };
    const answered = await requestFollowing(request, {
      send: async (sent) => {
        requests.push(sent);
        const next = answers.shift();
        if (next === undefined) throw new Error("no more answers");
        return next;
      },
      security: () => undefined,
    });
    return { answered, requests };
  }

  it("all have the context and the wish for a checksum", async () => {
    const { requests } = await along({ cid: 3, verify: "always" }, [answer(302, "/x"), answer(200)]);
    expect(requests).toMatchObject([
      { cid: 3, verify: "always" },
      { cid: 3, verify: "always", url: "http://a.b/x" },
    ]);
  });

  it.each([301, 302, 303, 307, 308])("a HEAD stays one after a %s", async (code) => {
    const { requests } = await along({ method: "HEAD" }, [answer(code, "/x"), answer(200)]);
    expect(requests.map(({ method }) => method)).toEqual(["HEAD", "HEAD"]);
  });

  it.each<[string, string[], string, string | undefined]>([
    ["to the host that set it", ["a=1"], "/x", "a=1"],
    ["to no other host", ["a=1"], "http://c.d/", undefined],
    ["to a subdomain where it has a domain", ["a=1; Domain=a.b"], "http://x.a.b/", "a=1"],
    ["to no subdomain where it has none", ["a=1"], "http://x.a.b/", undefined],
    ["not for a whole top-level domain", ["a=1; Domain=b"], "http://c.b/", undefined],
    ["not for a foreign domain", ["a=1; Domain=c.d"], "http://c.d/", undefined],
    ["not for a domain that only ends alike", ["a=1; Domain=a.b"], "http://xa.b/", undefined],
    ["below its path", ["a=1; Path=/p"], "/p/q", "a=1"],
    ["not beside its path", ["a=1; Path=/p"], "/pq", undefined],
    ["not in plain where it is secure", ["a=1; Secure"], "/x", undefined],
    ["not once it is over", ["a=1; Max-Age=0"], "/x", undefined],
    ["not once its date is over", ["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], "/x", undefined],
    ["by Max-Age rather than by a date", ["a=1; Max-Age=9; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], "/x", "a=1"],
    ["in its last form", ["a=1", "b=2", "a=3"], "/x", "b=2; a=3"],
    ["longer paths first", ["a=1; Path=/", "b=2; Path=/x"], "/x/y", "b=2; a=1"],
    ["but not what is none", ["nonsense", "=x", ""], "/x", undefined],
  ])("send a server's cookie %s", async (_name, cookies, location, expected) => {
    const { requests } = await along({}, [answer(302, location, cookies), answer(200)]);
    expect(requests[1]?.headers.find(([name]) => name === "Cookie")?.[1]).toBe(expected);
  });

  it("fail by the time that is over before the next can be sent", async () => {
    const slow = requestFollowing(
      { method: "GET", url: "http://a.b/?key=secret", headers: [], cookies: [], followRedirects: true, timeout: 20 },
      {
        send: async () => {
          await new Promise((resolve) => setTimeout(resolve, 100));
          return answer(302, "/x");
        },
        security: () => undefined,
      },
    );
    expect(await failure(slow)).toMatchObject({
      code: "MODEM_TIMEOUT",
      message: "GET http://a.b/: no final answer within 0.1 s; redirects on the way: 1",
    });
  });
});
