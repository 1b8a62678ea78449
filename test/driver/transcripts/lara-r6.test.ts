import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type HttpPeer, startHttpBin } from "../../simulator/transcripts/httpbin";
import { useEventLoopClock } from "../../support/clock";
import { closedPort } from "../../support/listen";
import { http, type Job, startJob } from "./job";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

/** The names that the guide looks up and pings are on loopback here. */
const NAMES = ["route=www.google.com:*=127.0.0.1:*", "route=httpbin.org:*=127.0.0.1:*"];

let web: HttpPeer;

beforeAll(async () => {
  web = await startHttpBin();
});
afterAll(() => web.stop());

const job = (options: string[] = [], settings = {}): Promise<Job> =>
  startJob("LARA-R6", [...NAMES, ...options], settings);
const webJob = (settings = {}): Promise<Job> => job([`route=httpbin.org:80=127.0.0.1:${web.port}`], settings);

describe("the driver of LARA-R6 does the jobs of guide 2", () => {
  it("2.3.1-default-pdp: a data connection other than the first becomes the default one", async () => {
    const { modem, followed } = await job([], { cid: 2 });
    followed("2.3.1-default-pdp");
    expect(await modem.status()).toMatchObject({ cid: 2, active: true, apn: "internet" });
  });

  it("2.3.1-mno-profile: a profile is set with the radio off, and the context after the reboot", async () => {
    const { modem, followed } = await job([], { mnoProfile: 100, apn: "apn_name" });
    followed("2.3.1-mno-profile");
    expect(await modem.status()).toMatchObject({ cid: 1, active: true, apn: "apn_name" });
  });

  it("2.3.1-register-lte: registration and its technology are told", async () => {
    const { modem, wire, followed } = await job(["operator=I TIM", "pdp-type=IP"], { apn: "apn_name" });
    expect(await modem.status()).toMatchObject({
      registration: "home",
      technology: "LTE",
      operator: "I TIM",
      apn: "apn_name",
      type: "IP",
    });
    followed("2.3.1-register-lte", { instead: { 3: "kept in NVM: set before the radio is turned on, see below" } });
    expect(wire.lines.indexOf("AT+CSCON=1")).toBeGreaterThan(0);
  });

  it("2.3.1-register-2g-3g: the context is activated even though it is active", async () => {
    const options = ["operator=I TIM", "pdp-type=IP", "technology=2"];
    const { modem, followed } = await job(options, { apn: "apn_name" });
    expect(await modem.status()).toMatchObject({ technology: "UMTS", active: true, apn: "apn_name" });
    followed("2.3.1-register-2g-3g");
  });

  it("2.3.1-not-registered: a modem that was told to stay off the network selects one", async () => {
    const { modem, wire, followed } = await job();
    await modem.execute("AT+COPS=2", { timeout: 20_000 });
    await modem.close();
    wire.forget();
    modem.open();
    await modem.ready({ timeout: 20_000 });
    expect(await modem.status()).toMatchObject({ registration: "home", active: true });
    followed("2.3.1-not-registered");
  });

  it("2.4.1-ping: four attempts of 32 bytes unless the flow says otherwise", async () => {
    const { services, followed } = await job();
    const result = await services.diagnostics.ping("www.google.com");
    expect(result).toMatchObject({ sent: 4, received: 4 });
    expect(result.replies).toEqual(
      [1, 2, 3, 4].map((sequence) => ({
        sequence,
        address: "127.0.0.1",
        size: 32,
        ttl: expect.any(Number),
        rtt: expect.any(Number),
      })),
    );
    followed("2.4.1-ping");
  });

  it("2.4.2-dns: a name gives its address", async () => {
    const { services, followed } = await job();
    const host = "www.google.com";
    expect(await services.diagnostics.resolve(host)).toEqual({ host, address: "127.0.0.1" });
    followed("2.4.2-dns");
  });

  it("2.4.2.1-dns-override: the first server of context 1 is replaced, the second left alone", async () => {
    const { services, wire, followed } = await job();
    await services.packetData.setDns(1, "8.8.8.8", "");
    followed("2.4.2.1-dns-override");
    expect(wire.lines.filter((line) => line.startsWith("AT+UDNSCFG"))).toHaveLength(1);
  });

  it("2.5-xlat: 464XLAT is turned on once, by a reboot, and read back the next time", async () => {
    const { modem, wire, followed } = await job(["pdp-type=IPV6"], { xlat: true });
    followed("2.5-xlat");
    expect(await modem.status()).toMatchObject({ active: true });
    const before = wire.lines.length;
    await modem.close();
    modem.open();
    await modem.ready({ timeout: 20_000 });
    expect(wire.lines.slice(before)).toContain("AT+UDCONF=66,4");
    expect(wire.lines.slice(before)).not.toContain("AT+UDCONF=66,4,1");
  });
});

/** The profile is the driver's choice, and so are the files on the modem. */
const CHOSEN = {
  "UHTTP=0": "UHTTP=[0-3]",
  "UHTTPC=0": "UHTTPC=[0-3]",
  '"head.fff"': '"[^"]+"',
  '"get.fff"': '"[^"]+"',
  '"post.fff"': '"[^"]+"',
  '"get_auth.fff"': '"[^"]+"',
  '"result.txt"': '"[^"]+"',
  '"postdata.txt"': '"[^"]+"',
} as const;

describe("the driver of LARA-R6 does the jobs of guide 10", () => {
  it("10.1-requests: HEAD, GET, POST of a form and authenticated GET", async () => {
    const { modem, services, wire, followed } = await webJob();
    await modem.connect({ cid: 2, apn: "apn_name" });
    const root = "http://httpbin.org/";
    const form = {
      body: Buffer.from("name_post=MyName&age_post=30"),
      contentType: "application/x-www-form-urlencoded",
    };
    const auth = { user: "test_user", password: "P455w0rd" };
    const seen = web.seen.length;
    const head = await services.http.request(http("HEAD", root, { cid: 2 }));
    const get = await services.http.request(http("GET", root));
    const post = await services.http.request(http("POST", `${root}post`, form));
    const path = "basic-auth/test_user/P455w0rd";
    const secret = await services.http.request(http("GET", `${root}${path}`, { auth }));
    expect(head).toMatchObject({ statusCode: 200, body: Buffer.alloc(0) });
    expect(get).toMatchObject({ statusCode: 200, body: Buffer.from("<html>httpbin</html>") });
    expect(JSON.parse(post.body.toString())).toMatchObject({ form: { name_post: "MyName", age_post: "30" } });
    expect(JSON.parse(secret.body.toString())).toEqual({ authenticated: true, user: "test_user" });
    expect(web.seen.slice(seen).map(({ method, path }) => `${method} ${path}`)).toEqual([
      "HEAD /",
      "GET /",
      "POST /post",
      `GET /${path}`,
    ]);
    await services.diagnostics.resolve("httpbin.org");
    followed("10.1-requests", {
      // Each request sets its profile up: the name is looked up apart from them.
      order: [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12],
      instead: { 5: "the modem resolves the server's name itself; the lookup is a job of its own, see below" },
      values: { ...CHOSEN, "20,2,1": "20,2,[01]" },
    });
    expect(wire.lines).toContain('AT+UDNSRN=0,"httpbin.org",1');
  });

  it("10.2-post-file: a body goes through a file, and the response comes from one", async () => {
    const { services, wire, followed } = await webJob();
    const { files } = services;
    await files.write("postdata.txt", Buffer.from("hello world"));
    expect((await files.read("postdata.txt")).toString()).toBe("hello world");
    // As text it would fit into the command: a line end makes it go through a file.
    const body = Buffer.from("hello\nworld");
    const {
      statusCode,
      headers,
      body: echo,
    } = await services.http.request(http("POST", "http://httpbin.org/post", { body, contentType: "text/plain" }));
    expect({ statusCode, type: headers["content-type"] }).toEqual({ statusCode: 200, type: "application/json" });
    expect(JSON.parse(echo.toString())).toMatchObject({
      data: "hello\nworld",
      headers: { "Content-Type": "text/plain", "Content-Length": "11", Host: "httpbin.org" },
    });
    const instead = "the file is read in blocks: +ULSTFILE=2 for its size, then +URDBLOCK";
    followed("10.2-post-file", { instead: { 2: instead, 7: instead }, values: CHOSEN });
    expect(wire.lines).toContain('AT+URDBLOCK="postdata.txt",0,11');
    expect(wire.dataOf("AT+UDWNFILE=")).toEqual(["hello world", "hello\nworld"]);
    expect((await files.list()).map(({ name }) => name)).toEqual(["postdata.txt"]);
  });

  it("10.3-last-error: a request that fails is looked into, in its own profile", async () => {
    const { services, wire, followed } = await job([`route=httpbin.org:80=127.0.0.1:${await closedPort()}`]);
    const body = Buffer.from("hello\nworld");
    const request = http("POST", "http://httpbin.org/post", { body, contentType: "text/plain" });
    await expect(services.http.request(request)).rejects.toMatchObject({
      code: "CONNECT_FAILED",
      message: expect.stringContaining("POST http://httpbin.org/post failed"),
      cause: { errorClass: 3, errorCode: expect.any(Number), errorText: expect.any(String) },
    });
    const profile = /UHTTPC=(\d)/.exec(wire.lines.find((line) => line.startsWith("AT+UHTTPC=")) ?? "")?.[1];
    followed("10.3-last-error", { values: { ...CHOSEN, "UHTTPER=1": `UHTTPER=${profile}` } });
  });
});
