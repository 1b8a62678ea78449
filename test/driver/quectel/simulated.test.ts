import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { HttpRequest, HttpResponse } from "../../../driver/services/http/http";
import { useEventLoopClock } from "../../support/clock";
import { type OpenServer, openServer } from "../../support/listen";
import { SimulatedBench } from "./simulated-bench";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

type Driver = Awaited<ReturnType<SimulatedBench["start"]>>;

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_value, byte) => byte));
const HOSTILE = Buffer.concat([
  ALL_BYTES,
  Buffer.from('\r\nOK\r\n\r\n+QHTTPREAD: 0\r\n\r\nCONNECT\r\n"\r\n+CME ERROR: 717\r\n\r\nRDY\r\n+UUHTTPCR: 0,1,1\r\n'),
]);
const LARGE = Buffer.alloc(5_000_000, HOSTILE);

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

const seen: Seen[] = [];
/** A response that is kept waiting. */
const held: ServerResponse[] = [];

const PAGES: Record<string, (response: ServerResponse, request: Seen) => void> = {
  "/hostile": (response) => response.setHeader("Content-Length", HOSTILE.length).end(HOSTILE),
  "/large": (response) => response.setHeader("Content-Length", LARGE.length).end(LARGE),
  "/chunked": (response) => {
    response.write(HOSTILE.subarray(0, 100));
    response.end(HOSTILE.subarray(100));
  },
  "/unknown": (response) => {
    response.setHeader("Connection", "close").removeHeader("Transfer-Encoding");
    response.useChunkedEncodingByDefault = false;
    response.end(HOSTILE);
  },
  "/none": (response) => response.writeHead(204).end(),
  "/moved": (response) => response.writeHead(302, { Location: "/hostile", "Content-Length": 0 }).end(),
  "/missing": (response) => response.writeHead(404, { "Content-Length": 4 }).end("nope"),
  "/gzip": (response) => {
    const zipped = gzipSync("zipped");
    response.writeHead(200, { "Content-Encoding": "gzip", "Content-Length": zipped.length }).end(zipped);
  },
  "/cookies": (response) => response.writeHead(200, { "Set-Cookie": ["a=1", "b=2"], "Content-Length": 0 }).end(),
  "/early": (response) => {
    response.writeHead(200, { "Content-Length": 1000 }).write("only this", () => response.socket?.destroy());
  },
  "/early-large": (response) => {
    response.writeHead(200, { "Content-Length": 1_000_000 }).write("only this", () => response.socket?.destroy());
  },
  "/silent": (response) => held.push(response),
  "/echo": (response, { body }) => response.setHeader("Content-Length", body.length).end(body),
};

let server: ReturnType<typeof createServer>;
let open: OpenServer;
const bench = new SimulatedBench();

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const call = { method, url, headers, body: Buffer.concat(parts) };
      seen.push(call);
      (PAGES[url.replace(/\?.*/, "")] ?? ((answer) => answer.writeHead(500).end()))(response, call);
    });
  });
  open = await openServer(server);
});

afterAll(() => open.close());

afterEach(() => {
  for (const response of held.splice(0)) response.destroy();
  seen.length = 0;
});

function start(options = ""): Promise<Driver> {
  return bench.start(open.port, options);
}

function request({ services }: Driver, path: string, fields: Partial<HttpRequest> = {}): Promise<HttpResponse> {
  return services.http.request({
    method: "GET",
    url: `http://server.test${path}`,
    headers: [],
    timeout: 60_000,
    ...fields,
  });
}

describe("the BG96 driver with the simulated modem: HTTP", () => {
  it.each(["/hostile", "/chunked", "/unknown"])("reads any byte exactly from %s", async (path) => {
    const driver = await start();
    const answer = await request(driver, path);
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toEqual(HOSTILE);
  });

  it("reads five megabytes", async () => {
    const driver = await start();
    const { body } = await request(driver, "/large");
    expect(body.equals(LARGE)).toBe(true);
    expect(await driver.services.files.list()).toEqual([]);
  });

  it.each([
    ["/none", 204, {}, ""],
    ["/moved", 302, { location: "/hostile" }, ""],
    ["/missing", 404, {}, "nope"],
    ["/cookies", 200, { "set-cookie": ["a=1", "b=2"] }, ""],
    ["/gzip", 200, { "content-encoding": "gzip" }, gzipSync("zipped").toString("latin1")],
  ])("gives %s as it comes", async (path, statusCode, headers, body) => {
    const driver = await start();
    const answer = await request(driver, path);
    expect(answer).toMatchObject({ statusCode, headers });
    expect(answer.body.toString("latin1")).toBe(body);
  });

  it.each([
    ["application/x-www-form-urlencoded", Buffer.from("a=1&b=2")],
    ["application/json", Buffer.from('{"a":1}')],
    ["application/octet-stream", HOSTILE],
    ["multipart/form-data; boundary=x", Buffer.from("--x--\r\n")],
    ["text/plain", Buffer.from("+++")],
    ["text/plain", Buffer.alloc(0)],
    ["application/octet-stream", Buffer.alloc(200_000, HOSTILE)],
    ["application/octet-stream", Buffer.alloc(1_200_000, HOSTILE)],
  ])("posts %s", async (contentType, body) => {
    const driver = await start();
    const answer = await request(driver, "/echo?q=1", { method: "POST", contentType, body });
    expect(answer.body.equals(body)).toBe(true);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ method: "POST", url: "/echo?q=1" });
    if (body.length > 0) expect(seen[0]?.headers["content-type"]).toBe(contentType);
  });

  it.each(["PUT", "DELETE", "GET"] as const)("%s with headers and authentication", async (method) => {
    const driver = await start();
    const body = Buffer.from("content");
    const headers = [["X-Key", "v"]] as const;
    const answer = await request(driver, "/echo", { method, headers, body, auth: { user: "u", password: "p" } });
    expect(answer.body).toEqual(body);
    expect(seen[0]).toMatchObject({
      method,
      headers: { "x-key": "v", authorization: "Basic dTpw", host: "server.test" },
    });
  });

  it.each([
    ["/early", /9 of 1000 bytes/],
    ["/early-large", /1000000 bytes/],
  ])("tells how much came when the server closes early (%s), and goes on", async (path, numbers) => {
    const driver = await start();
    await expect(request(driver, path)).rejects.toMatchObject({
      code: "CONNECTION_CLOSED",
      message: expect.stringMatching(numbers),
    });
    expect((await request(driver, "/missing")).body.toString()).toBe("nope");
  });

  it("ends at its own deadline, and the next request works", async () => {
    const driver = await start();
    const slow = request(driver, "/silent", { timeout: 1_000 });
    await expect(slow).rejects.toMatchObject({ code: "MODEM_TIMEOUT" });
    expect((await request(driver, "/missing")).statusCode).toBe(404);
  });

  it.each([
    ["DNS_FAILED", "http://nowhere.invalid/"],
    ["CONNECT_FAILED", "http://127.0.0.1:1/"],
  ])("fails with %s, and goes on", async (code, url) => {
    const driver = await start();
    for (const method of ["GET", "POST"] as const) {
      await expect(request(driver, "", { url, method, body: Buffer.from("x") })).rejects.toMatchObject({ code });
    }
    expect((await request(driver, "/missing")).statusCode).toBe(404);
  });

  it("keeps the order of requests made at once", async () => {
    const driver = await start();
    const answers = await Promise.all(["/none", "/moved", "/missing"].map((path) => request(driver, path)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([204, 302, 404]);
  });

  it("goes on with a context that was taken away", async () => {
    const driver = await start();
    await driver.services.packetData.deactivate(1);
    await expect(request(driver, "/none")).rejects.toMatchObject({ code: "NO_CONNECTION" });
    await driver.services.packetData.activate(1);
    expect((await request(driver, "/none")).statusCode).toBe(204);
  });

  it("lets a short command through during a long transfer on a paced line", async () => {
    const driver = await start("&baud=115200");
    let done = false;
    const long = request(driver, "/echo", { method: "POST", body: Buffer.alloc(25_000, HOSTILE) }).then((answer) => {
      done = true;
      return answer;
    });
    await new Promise<void>((resolve, reject) => {
      server.once("request", () => driver.services.packetData.status(1).then(() => resolve(), reject));
    });
    expect(done).toBe(false);
    expect((await long).body.length).toBe(25_000);
  });
});

describe("the BG96 driver with the simulated modem: the rest", () => {
  it("connects, tells its addresses, and disconnects", async () => {
    const { packetData } = (await start()).services;
    const status = await packetData.status(1);
    expect(status).toMatchObject({ cid: 1, active: true, apn: "a.test", type: "IPV4V6" });
    expect(status.addresses.length).toBeGreaterThan(0);
    for (const cid of [2, 3, 4]) await packetData.define({ cid, apn: "", pdpType: "IP", authType: "none" });
    await packetData.activate(2);
    await packetData.activate(3);
    await expect(packetData.activate(4)).rejects.toMatchObject({ code: "MODEM_BUSY" });
    await packetData.setDns(1, "9.9.9.9", "1.1.1.1");
    await packetData.setDns(1, "", "8.8.8.8");
    expect((await packetData.status(1)).dns).toEqual(["9.9.9.9", "8.8.8.8"]);
    await packetData.deactivate(1);
    expect(await packetData.status(1)).toMatchObject({ active: false, addresses: [] });
  });

  it("pings and resolves", async () => {
    const { diagnostics } = (await start()).services;
    expect(await diagnostics.ping("server.test", { count: 2 })).toMatchObject({ sent: 2, received: 2 });
    expect(await diagnostics.resolve("server.test")).toEqual({ host: "server.test", address: "127.0.0.1" });
    await expect(diagnostics.ping("nowhere.invalid")).rejects.toMatchObject({ code: "DNS_FAILED" });
    await expect(diagnostics.resolve("nowhere.invalid")).rejects.toMatchObject({ code: "DNS_FAILED" });
  });

  it.each([0, 1, 3, 5_000, 100_000])("keeps files of %d bytes", async (size) => {
    const { files } = (await start()).services;
    const content = Buffer.alloc(size, HOSTILE);
    await files.write("a", Buffer.from("old"));
    await files.write("a", content);
    expect(await files.list()).toEqual([{ name: "a", size }]);
    expect((await files.read("a")).equals(content)).toBe(true);
    await files.remove("a");
    expect(await files.list()).toEqual([]);
  });
});
