import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AtChannel } from "../../../driver/at/channel/channel";
import { ModemError } from "../../../driver/errors";
import type { HttpRequest } from "../../../driver/services/http/http";
import { SimulatedTransport } from "../../../driver/transport/simulated";
import { UbloxDriver } from "../../../driver/ublox/driver";
import { LARA_R6 } from "../../../driver/ublox/lara-r6";
import { useEventLoopClock } from "../../support/clock";
import { type OpenServer, openServer } from "../../support/listen";
import { expectExplained } from "./bench";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

const TRAP = Buffer.concat([
  Buffer.from('\r\nOK\r\n+UUHTTPCR: 0,1,0\r\n"\r\nERROR\r\n>@\r\nCONNECT\r\n'),
  Buffer.from(Array.from({ length: 256 }, (_, value) => value)),
]);
const LARGE = Buffer.alloc(300_000, TRAP);

interface Seen {
  method?: string;
  url?: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

const seen: Seen[] = [];
let waiting: ServerResponse[] = [];

const PAGES: Record<string, (response: ServerResponse) => void> = {
  "/trap": (response) => response.end(TRAP),
  "/large": (response) => response.end(LARGE),
  "/chunked": (response) => {
    response.write("Wiki");
    response.end("pedia");
  },
  "/unframed": (response) => {
    response.useChunkedEncodingByDefault = false;
    response.removeHeader("Transfer-Encoding");
    response.setHeader("Connection", "close");
    response.end("to the end");
  },
  "/204": (response) => response.writeHead(204).end(),
  "/302": (response) => response.writeHead(302, { location: "/trap" }).end("moved"),
  "/404": (response) => response.writeHead(404, { "set-cookie": ["a=1", "b=2"] }).end("gone"),
  "/gzip": (response) => response.setHeader("content-encoding", "gzip").end(gzipSync("zipped")),
  "/early": (response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("12345");
    setImmediate(() => response.destroy());
  },
  "/hold": (response) => void waiting.push(response),
};

function answer(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { method, url = "", headers } = request;
    seen.push({ method, url, headers, body: Buffer.concat(chunks) });
    (PAGES[url] ?? ((page) => page.end("hello")))(response);
  });
}

let server: OpenServer;
let transport: SimulatedTransport;
let channel: AtChannel;
let driver: UbloxDriver;
const sent: string[] = [];

const get = (path: string, options: Partial<HttpRequest> = {}): HttpRequest => {
  return { method: "GET", url: `http://web.test${path}`, headers: [], timeout: 20_000, ...options };
};

beforeAll(async () => {
  server = await openServer(createServer(answer));
});

afterAll(() => server.close());

beforeEach(async () => {
  const { port } = server;
  transport = new SimulatedTransport(`sim:LARA-R6?route=web.test:*=127.0.0.1:${port}`);
  channel = new AtChannel(transport, {
    onTrace: ({ direction, text }) => {
      if (direction === "sent" && text.startsWith("AT") && !text.includes("***")) sent.push(text);
    },
  });
  await transport.open();
  channel.useDialect(LARA_R6.dialect);
  driver = new UbloxDriver(channel, LARA_R6);
  await driver.initialise();
  seen.length = 0;
  waiting = [];
});

afterEach(async () => {
  const closed = new ModemError("MODEM_OFFLINE", "closed");
  driver.dispose(closed);
  channel.close(closed);
  await transport.close();
  expectExplained(sent.splice(0));
});

describe("LARA-R6's driver on the simulated LARA-R6", () => {
  it("makes a data connection and reads its status", async () => {
    const { packetData } = driver.services;
    await packetData.define({ cid: 1, apn: "internet", pdpType: "IPV4V6", authType: "pap", user: "u", password: "p" });
    await expect
      .poll(
        () =>
          packetData.activate(1).then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    const status = await packetData.status(1);
    expect(status).toMatchObject({ cid: 1, active: true, apn: "internet", type: "IPV4V6" });
    expect(status.addresses[0]).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(status.addresses[1]).toMatch(/^[0-9a-f:]+$/);
    expect(status.dns.length).toBeGreaterThan(0);
    await packetData.setDns(1, "192.0.2.1", "192.0.2.2");
    // Held by now: a second definition writes nothing.
    const before = sent.length;
    await packetData.define({ cid: 1, apn: "internet", pdpType: "IPV4V6", authType: "none" });
    expect(sent.slice(before).filter((line) => line.startsWith("AT+CGDCONT="))).toEqual([]);
  });

  it.each([
    ["/trap", 200, TRAP],
    ["/large", 200, LARGE],
    ["/chunked", 200, Buffer.from("Wikipedia")],
    ["/unframed", 200, Buffer.from("to the end")],
    ["/204", 204, Buffer.alloc(0)],
    ["/302", 302, Buffer.from("moved")],
    ["/404", 404, Buffer.from("gone")],
    ["/gzip", 200, gzipSync("zipped")],
  ])("gets %s", async (path, statusCode, body) => {
    const response = await driver.services.http.request(get(path));
    expect(response.statusCode).toBe(statusCode);
    expect(response.body.equals(body)).toBe(true);
    if (path === "/404") expect(response.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(await driver.services.files.list()).toEqual([]);
  });

  it("sends every method with what belongs to it", async () => {
    const { http } = driver.services;
    const auth = { user: "test_user", password: "P455w0rd" };
    await http.request(get("/a?b=c%20d", { method: "HEAD", headers: [["X-Own", "a: b"]], auth }));
    await http.request(get("/b", { method: "DELETE" }));
    await http.request(get("/c", { method: "POST", contentType: "text/plain", body: Buffer.from("short") }));
    await http.request(get("/d", { method: "POST", contentType: "application/json", body: Buffer.from('{"a":1}') }));
    await http.request(get("/e", { method: "POST", contentType: "multipart/form-data; boundary=x", body: TRAP }));
    await http.request(get("/f", { method: "PUT", body: LARGE }));
    await http.request(get("/g", { method: "POST" }));
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "HEAD /a?b=c%20d",
      "DELETE /b",
      "POST /c",
      "POST /d",
      "POST /e",
      "PUT /f",
      "POST /g",
    ]);
    expect(seen[0]?.headers).toMatchObject({
      "x-own": "a: b",
      authorization: `Basic ${Buffer.from("test_user:P455w0rd").toString("base64")}`,
    });
    expect(seen[1]?.headers.authorization).toBeUndefined();
    expect(seen.map(({ headers }) => headers["content-type"])).toEqual([
      undefined,
      undefined,
      "text/plain",
      "application/json",
      "multipart/form-data; boundary=x",
      "application/octet-stream",
      "application/octet-stream",
    ]);
    const bodies = [Buffer.from("short"), Buffer.from('{"a":1}'), TRAP, LARGE, Buffer.alloc(0)];
    for (const [index, body] of bodies.entries()) expect(seen[index + 2]?.body.equals(body)).toBe(true);
    expect(await driver.services.files.list()).toEqual([]);
  });

  it("runs four requests side by side and lets the fifth wait", async () => {
    const { http } = driver.services;
    const requests = Array.from({ length: 5 }, () => http.request(get("/hold")));
    await expect.poll(() => waiting.length, { timeout: 5000 }).toBe(4);
    waiting.splice(0, 1)[0]?.end("first");
    await expect.poll(() => waiting.length, { timeout: 5000 }).toBe(4);
    for (const response of waiting) response.end("rest");
    const bodies = (await Promise.all(requests)).map(({ body }) => body.toString());
    expect(bodies.sort()).toEqual(["first", "rest", "rest", "rest", "rest"]);
  });

  it("tells what went wrong", async () => {
    const { http } = driver.services;
    await expect(http.request(get("/early"))).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
    await expect(http.request(get("/", { url: "http://no.such.invalid/" }))).rejects.toMatchObject({
      code: "DNS_FAILED",
    });
    await expect(http.request(get("/", { url: "http://127.0.0.1:1/" }))).rejects.toMatchObject({
      code: "CONNECT_FAILED",
    });
    expect((await http.request(get("/"))).body.toString()).toBe("hello");
  });

  it("gives up in time, and the profile works again afterwards", async () => {
    const { http } = driver.services;
    await expect(http.request(get("/hold", { timeout: 500 }))).rejects.toMatchObject({ code: "MODEM_TIMEOUT" });
    for (const response of waiting) response.end("late");
    const bodies = await Promise.all(Array.from({ length: 5 }, () => http.request(get("/trap"))));
    for (const { body } of bodies) expect(body.equals(TRAP)).toBe(true);
  });

  it("pings and resolves", async () => {
    const { diagnostics } = driver.services;
    const result = await diagnostics.ping("localhost", { count: 2, timeout: 1000 });
    expect(result).toMatchObject({ sent: 2, received: 2 });
    await expect(diagnostics.ping("no.such.invalid", { count: 1 })).rejects.toMatchObject({ code: "DNS_FAILED" });
    expect(await diagnostics.resolve("localhost")).toMatchObject({ host: "localhost", address: "127.0.0.1" });
    await expect(diagnostics.resolve("no.such.invalid")).rejects.toMatchObject({ code: "DNS_FAILED" });
  });

  it("keeps files", async () => {
    const { files } = driver.services;
    await files.write("a,b", TRAP);
    await files.write("large", LARGE);
    await files.write("large", TRAP);
    expect(await files.list()).toEqual(
      expect.arrayContaining([
        { name: "a,b", size: TRAP.length },
        { name: "large", size: TRAP.length },
      ]),
    );
    expect((await files.read("large")).equals(TRAP)).toBe(true);
    await files.remove("large");
    await files.remove("a,b");
    expect(await files.list()).toEqual([]);
  });

  it("changes persistent settings, which survive the reboot that they need", async () => {
    const settings = { mnoProfile: 100, defaultContext: { cid: 2, preferIpv6: true } };
    expect(await driver.persist(settings)).toBe(true);
    await driver.reboot();
    await expect
      .poll(
        () =>
          channel.send({ line: "AT", label: "AT", timeout: 500 }).then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true);
    await driver.initialise();
    expect(await driver.persist(settings)).toBe(false);
  });
});
