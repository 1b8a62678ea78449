import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { HttpRequest, HttpResponse } from "../../../driver/services/http";
import { closedPort } from "../../simulator/network/servers";
import {
  type WireAnswer,
  type WireRequest,
  type WireServer,
  wireServer,
} from "../../simulator/transcripts/bg96-servers";
import { fastClock } from "../../support/fast-clock";
import { http, type Job, startJob } from "./job";

const HELLO = "hello, BG96";
const PAGE = "x".repeat(547_256);
const ORDER = "Message=1111&Appleqty=2222&Orangeqty=3333&find=1";
const FORM = "application/x-www-form-urlencoded";
const WEB = "http://web.test";
const SINA = "http://www.sina.com.cn/";
const ECHO = "http://api.efxnow.com/DEMOWebServices2.8/Service.asmx/Echo?";
/** More than the line carries in 2 s: it goes through a file. */
const LARGE = Buffer.alloc(30_000, "0123456789");

const PAGES: Readonly<Record<string, (request: WireRequest) => WireAnswer>> = {
  "/": () => ok(PAGE),
  "/length": () => ok(HELLO),
  "/no-length": () => ({ bytes: `HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n${HELLO}`, closes: true }),
  "/no-answer": () => ({ bytes: "", closes: true }),
  "/stops": () => ({ bytes: `HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n${HELLO}` }),
  "/stops-large": () => ({ bytes: `HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n${HELLO}` }),
  "/processorder.php": ({ body }) => ok(body === ORDER ? "Your order is as follows" : ""),
  "/DEMOWebServices2.8/Service.asmx/Echo?": ({ body }) => ok(body),
};

function ok(body: string): WireAnswer {
  return { bytes: `HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: ${body.length}\r\n\r\n${body}` };
}

let web: WireServer;

beforeAll(async () => {
  web = await wireServer(({ head, body }) => {
    const path = head.split(" ")[1] ?? "";
    return PAGES[path]?.({ head, body }) ?? { bytes: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" };
  });
});
afterAll(() => web.stop());

function job(options: readonly string[] = [], settings = {}): Promise<Job> {
  const names = ["www.sina.com.cn:80", "api.efxnow.com:80", "web.test:80", "220.180.239.212:8011"];
  return startJob("BG96", [...names.map((name) => `route=${name}=127.0.0.1:${web.port}`), ...options], settings);
}

/** A modem whose way to `web.test` leads nowhere. */
async function jobWithoutServer(): Promise<Job> {
  return startJob("BG96", [`route=web.test:80=127.0.0.1:${await closedPort()}`]);
}

const get = ({ services }: Job, path: string, more?: Partial<HttpRequest>): Promise<HttpResponse> =>
  services.http.request(http("GET", `${WEB}${path}`, more));

const post = ({ services }: Job, path: string, body: string | Buffer, more?: Partial<HttpRequest>) =>
  services.http.request(http("POST", `${WEB}${path}`, { body: Buffer.from(body), contentType: FORM, ...more }));

/** The modem gets `line` in place of those that begin so, as over a bad line; at that moment `also` is done. */
function garble({ wire }: Job, beginning: string, line: string, also = (): void => undefined): void {
  wire.garble = (sent) => {
    if (!sent.startsWith(beginning)) return sent;
    also();
    return line;
  };
}

/** Does something at the moment when a command goes out. */
function upon({ wire }: Job, beginning: string, work: () => void): void {
  wire.garble = (sent) => {
    if (sent.startsWith(beginning)) work();
    return sent;
  };
}

function fast(): void {
  onTestFinished(fastClock());
}

const HELLO_RESPONSE = { statusCode: 200, body: Buffer.from(HELLO) };

describe("the driver of BG96 sets requests up as guide 2.1 and 2.2 do", () => {
  it("2.1-write-contextid 2.1-write-responseheader: the context of the request, and its header with the response", async () => {
    const one = await job();
    await one.modem.connect({ cid: 2, apn: "UNINET" });
    expect(await get(one, "/length", { cid: 2 })).toMatchObject({ ...HELLO_RESPONSE, headers: { server: "nginx" } });
    one.followed("2.1-write-contextid", { values: { "<contextid>": "2" } });
    one.followed("2.1-write-responseheader", { values: { "<response_header>": "1" } });
  });

  it("2.1-write-requestheader: own header fields turn it on, and requests without them off again", async () => {
    const one = await job();
    const headers = [["X-Flow", "1"]] as const;
    expect(await get(one, "/length", { headers })).toMatchObject(HELLO_RESPONSE);
    one.followed("2.1-write-requestheader", { values: { "<request_header>": "1" } });
    one.wire.forget();
    expect(await get(one, "/length")).toMatchObject(HELLO_RESPONSE);
    one.followed("2.1-write-requestheader", { values: { "<request_header>": "0" } });
  });

  it("2.1-write-error: a value out of range is refused before it is sent, and the modem's refusal told in words", async () => {
    const one = await job();
    const before = one.wire.lines.length;
    await expect(get(one, "/length", { cid: 17 })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("cid"),
    });
    expect(one.wire.lines).toHaveLength(before);
    garble(one, 'AT+QHTTPCFG="responseheader"', 'AT+QHTTPCFG="responseheader",2');
    await expect(get(one, "/length")).rejects.toMatchObject({
      code: "MODEM_REJECTED",
      message: expect.stringContaining("invalid parameter"),
      cause: { command: 'AT+QHTTPCFG="responseheader",1', errorCode: 730 },
    });
    one.followed("2.1-write-error", {
      order: [0, 2],
      instead: { 1: "one refused parameter ends the request", 3: "HTTPS only" },
    });
  });

  it("2.2-write: the URL goes at the prompt, with its length", async () => {
    const one = await job();
    expect(await get(one, "/length")).toMatchObject(HELLO_RESPONSE);
    one.followed("2.2-write", { values: { "<url_length>": "22" } });
    expect(one.wire.dataOf("AT+QHTTPURL=")).toEqual(["http://web.test/length"]);
  });

  it("2.2-write-timeout: bytes that got lost on the line are told after the modem's time limit", async () => {
    const one = await job();
    // The modem would wait for 10 s.
    garble(one, "AT+QHTTPURL=", "AT+QHTTPURL=22,1");
    one.fault("stuck-prompt");
    await expect(get(one, "/length")).rejects.toMatchObject({
      code: "MODEM_REJECTED",
      message: expect.stringContaining("input timeout (726)"),
    });
    one.followed("2.2-write-timeout", { values: { "<url_length>": "22" } });
    expect(await get(one, "/length")).toMatchObject(HELLO_RESPONSE);
  });

  it("2.2-write-error: a URL that is too long is refused before it is sent, and the modem's refusal told in words", async () => {
    const one = await job();
    await expect(get(one, `/${"x".repeat(685)}`)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("700"),
    });
    garble(one, "AT+QHTTPURL=", "AT+QHTTPURL=701,10");
    await expect(get(one, "/length")).rejects.toMatchObject({
      code: "MODEM_REJECTED",
      message: expect.stringContaining("GET http://web.test/length: invalid parameter (730)"),
    });
    one.followed("2.2-write-error");
  });
});

describe("the driver of BG96 gets as guide 2.3 does", () => {
  it("2.3-get: a response of known length", async () => {
    const one = await job();
    expect(await get(one, "/length")).toMatchObject(HELLO_RESPONSE);
    one.followed("2.3-get");
  });

  it("2.3-get-no-length: a response that ends with the connection", async () => {
    const one = await job();
    expect(await get(one, "/no-length")).toMatchObject(HELLO_RESPONSE);
    one.followed("2.3-get-no-length");
  });

  it("2.3-get-failed: a server that closes without an answer", async () => {
    const one = await job();
    await expect(get(one, "/no-answer")).rejects.toMatchObject({
      code: "CONNECTION_CLOSED",
      message: expect.stringContaining("GET http://web.test/no-answer: socket closed (719)"),
      cause: { result: "+QHTTPGET: 719", errorCode: 719 },
    });
    one.followed("2.3-get-failed");
  });

  it("2.3-get-error: a request that the modem refuses", async () => {
    const one = await job();
    garble(one, "AT+QHTTPGET=", "AT+QHTTPGET=0");
    await expect(get(one, "/length")).rejects.toMatchObject({
      code: "MODEM_REJECTED",
      message: expect.stringContaining("invalid parameter (730)"),
    });
    one.followed("2.3-get-error");
  });

  it("2.3-get-custom-header: header fields of the flow", async () => {
    const one = await job();
    const seen = web.seen.length;
    const headers = [["Accept-Language", "nb"]] as const;
    expect(await get(one, "/length", { headers })).toMatchObject(HELLO_RESPONSE);
    const [data = ""] = one.wire.dataOf("AT+QHTTPGET=");
    one.followed("2.3-get-custom-header", { values: { "<data_length>": String(data.length) } });
    expect(data).toMatch(
      /^GET \/length HTTP\/1\.1\r\nHost: web\.test\r\n[\s\S]*Accept-Language: nb\r\n[\s\S]*\r\n\r\n$/,
    );
    expect(web.seen[seen]?.head).toBe(data.slice(0, -4));
  });

  it("2.3-get-custom-header-error: a server that nobody answers for", async () => {
    const one = await jobWithoutServer();
    const auth = { user: "user", password: "password" };
    await expect(get(one, "/length", { auth })).rejects.toMatchObject({
      code: "CONNECT_FAILED",
      message: expect.stringContaining("connection to the server failed (716)"),
    });
    one.followed("2.3-get-custom-header-error");
    expect(one.wire.dataOf("AT+QHTTPGET=")).toEqual([""]);
  });
});

describe("the driver of BG96 posts as guide 1.2, 2.4 and 2.5 do", () => {
  it("1.2.1-post-custom-header: the printed header fields, in a request of the flow's", async () => {
    const one = await job();
    const seen = web.seen.length;
    const response = await one.services.http.request(
      http("POST", "http://220.180.239.212:8011/processorder.php", {
        headers: [
          ["Accept", "*/*"],
          ["User-Agent", "QUECTEL_MODULE"],
          ["Connection", "Keep-Alive"],
        ],
        contentType: FORM,
        body: Buffer.from(ORDER),
      }),
    );
    expect(response).toMatchObject({ statusCode: 200, body: Buffer.from("Your order is as follows") });
    const printed = [
      "POST /processorder.php HTTP/1.1",
      "Host: 220.180.239.212:8011",
      "Accept: */*",
      "User-Agent: QUECTEL_MODULE",
      "Connection: Keep-Alive",
      `Content-Type: ${FORM}`,
      "Content-Length: 48",
    ];
    expect(web.seen[seen]).toEqual({ head: printed.join("\r\n"), body: ORDER });
    one.followed("1.2.1-post-custom-header", { values: { "245,80,80": "245,\\d+,\\d+" } });
  });

  it("2.4-post: a body from the line", async () => {
    const one = await job();
    const seen = web.seen.length;
    expect(await post(one, "/length", "a=b&c=d")).toMatchObject(HELLO_RESPONSE);
    expect(web.seen[seen]).toMatchObject({
      head: expect.stringMatching(new RegExp(`content-type: ${FORM}`, "i")),
      body: "a=b&c=d",
    });
    one.followed("2.4-post", { values: { "<data_length>": "7" } });
  });

  it("2.4-post-no-length: the response ends with the connection", async () => {
    const one = await job();
    expect(await post(one, "/no-length", "a=b")).toMatchObject(HELLO_RESPONSE);
    one.followed("2.4-post-no-length");
  });

  it("2.4-post-failed: a body that was taken is not sent twice", async () => {
    const one = await job();
    await expect(post(one, "/no-answer", "a=b")).rejects.toMatchObject({
      code: "CONNECTION_CLOSED",
      message: expect.stringContaining("POST http://web.test/no-answer: socket closed (719)"),
      cause: { result: "+QHTTPPOST: 719", errorCode: 719 },
    });
    one.followed("2.4-post-failed");
    expect(one.wire.dataOf("AT+QHTTPPOST=")).toEqual(["a=b"]);
  });

  it("2.4-post-input-timeout: bytes of the body that got lost on the line", async () => {
    const one = await job();
    // The modem would wait for half a minute.
    garble(one, "AT+QHTTPPOST=", "AT+QHTTPPOST=20,1,80", () => one.fault("stuck-prompt"));
    await expect(post(one, "/length", "Message=HelloQuectel")).rejects.toMatchObject({
      code: "MODEM_REJECTED",
      message: expect.stringContaining("input timeout (726)"),
    });
    one.followed("2.4-post-input-timeout", { values: { "<data_length>": "20" } });
  });

  it("2.4-post-error: a server that nobody answers for", async () => {
    const one = await jobWithoutServer();
    await expect(post(one, "/length", "a=b")).rejects.toMatchObject({
      code: "CONNECT_FAILED",
      message: expect.stringContaining("connection to the server failed (716)"),
    });
    one.followed("2.4-post-error");
    expect(one.wire.dataOf("AT+QHTTPPOST=")).toEqual([""]);
  });

  it("2.4-post-custom-header: header and body at one prompt", async () => {
    const one = await job();
    const headers = [["X-Flow", "1"]] as const;
    expect(await post(one, "/length", "a=b", { headers })).toMatchObject(HELLO_RESPONSE);
    const [data = ""] = one.wire.dataOf("AT+QHTTPPOST=");
    expect(data).toMatch(/^POST \/length HTTP\/1\.1\r\n[\s\S]*Content-Length: 3\r\n[\s\S]*\r\na=b$/);
    one.followed("2.4-post-custom-header", { values: { "<data_length>": String(data.length) } });
  });

  it("2.5-post-file: a body that would hold the line", async () => {
    const one = await job();
    const seen = web.seen.length;
    expect(await post(one, "/length", LARGE)).toMatchObject(HELLO_RESPONSE);
    expect(web.seen[seen]?.body).toBe(LARGE.toString());
    one.followed("2.5-post-file");
    expect(await one.services.files.list()).toEqual([]);
  });

  it("2.5-post-file-no-length: the response ends with the connection", async () => {
    const one = await job();
    expect(await post(one, "/no-length", LARGE)).toMatchObject(HELLO_RESPONSE);
    one.followed("2.5-post-file-no-length");
  });

  it("2.5-post-file-failed: the file is removed all the same", async () => {
    const one = await job();
    await expect(post(one, "/no-answer", LARGE)).rejects.toMatchObject({
      code: "CONNECTION_CLOSED",
      message: expect.stringContaining("socket closed (719)"),
      cause: { result: "+QHTTPPOSTFILE: 719" },
    });
    one.followed("2.5-post-file-failed");
    expect(await one.services.files.list()).toEqual([]);
  });

  it("2.5-post-file-error: a file that the modem does not find", async () => {
    const one = await job();
    garble(one, "AT+QHTTPPOSTFILE=", 'AT+QHTTPPOSTFILE="gone",80');
    await expect(post(one, "/length", LARGE)).rejects.toMatchObject({
      code: "MODEM_REJECTED",
      message: expect.stringContaining("file not found (405)"),
    });
    one.followed("2.5-post-file-error");
  });
});

describe("the driver of BG96 reads as guide 2.6 and 2.7 do", () => {
  it("2.6-read: a short response of known length, with its header", async () => {
    const one = await job();
    expect(await get(one, "/length")).toMatchObject({ ...HELLO_RESPONSE, headers: { server: "nginx" } });
    one.followed("2.6-read");
  });

  it("2.6-read-timeout: a body that stops says how much of it came", async () => {
    const one = await job();
    fast();
    await expect(get(one, "/stops")).rejects.toMatchObject({
      code: "MODEM_TIMEOUT",
      message: expect.stringMatching(/HTTP read timeout \(722\).*11 of 100 bytes of the body arrived/),
    });
    one.followed("2.6-read-timeout");
  });

  it("2.6-read-error: a read that the modem refuses", async () => {
    const one = await job();
    garble(one, "AT+QHTTPREAD=", "AT+QHTTPREAD=0");
    await expect(get(one, "/length")).rejects.toMatchObject({
      code: "MODEM_REJECTED",
      message: expect.stringContaining("invalid parameter (730)"),
    });
    one.followed("2.6-read-error");
  });

  it("2.7-read-file: a response of unknown length goes through a file, which is removed", async () => {
    const one = await job();
    expect(await get(one, "/no-length")).toMatchObject(HELLO_RESPONSE);
    one.followed("2.7-read-file");
    expect(await one.services.files.list()).toEqual([]);
  });

  it("2.7-read-file-error: a file that the modem does not write", async () => {
    const one = await job();
    garble(one, "AT+QHTTPREADFILE=", 'AT+QHTTPREADFILE="response",0');
    await expect(get(one, "/no-length")).rejects.toMatchObject({
      code: "MODEM_REJECTED",
      message: expect.stringContaining("invalid parameter (730)"),
    });
    one.followed("2.7-read-file-error");
  });
});

/** The APN and its authentication are the flow author's; times and lengths those of this request. */
const OWN = {
  '1,1,"UNINET","","",1': '1,[123],"UNINET","","",[0-3]',
  "23,80": "23,\\d+",
  "59,80": "59,\\d+",
  "=80": "=\\d+",
  '"1.txt",80': '"[^"]+",\\d+',
  '"2.txt",80': '"[^"]+",\\d+',
  '"3.txt",80': '"[^"]+",\\d+',
} as const;

describe("the driver of BG96 does the jobs of guide 3.1", () => {
  it("3.1.1-get 3.1.1-read-solution-2: a large page, once the context is active", async () => {
    const one = await job([], { apn: "UNINET" });
    const { statusCode, headers, body } = await one.services.http.request(http("GET", SINA));
    expect({ statusCode, server: headers.server, size: body.length }).toEqual({
      statusCode: 200,
      server: "nginx",
      size: PAGE.length,
    });
    // The modem is connected before a request comes: the parameters of HTTP are set with the first one.
    one.followed("3.1.1-get", { order: [2, 3, 4, 5, 0, 1, 6, 7], values: OWN });
    one.followed("3.1.1-read-solution-2", { values: OWN });
    expect(await one.modem.status()).toMatchObject({
      apn: "UNINET",
      active: true,
      dns: [expect.any(String), expect.any(String)],
    });
  });

  it("3.1.1-read-solution-1: a page that the line carries in a second", async () => {
    const one = await job();
    expect(await get(one, "/length")).toMatchObject(HELLO_RESPONSE);
    one.followed("3.1.1-read-solution-1", { values: OWN });
  });

  it("3.1.2.1-post-serial: body and response over the line", async () => {
    const one = await job([], { apn: "UNINET" });
    const body = Buffer.from("Message=HelloQuectel");
    const response = await one.services.http.request(http("POST", ECHO, { body, contentType: FORM }));
    expect(response).toMatchObject({ statusCode: 200, body });
    const values = { ...OWN, "20,80,80": "20,\\d+,\\d+" };
    one.followed("3.1.2.1-post-serial", { order: [1, 2, 3, 4, 0, 5, 6, 7], values });
    expect(one.wire.dataOf("AT+QHTTPURL=")).toEqual([ECHO]);
  });

  it("3.1.2.2-post-file: body and response by files", async () => {
    const one = await job([], { apn: "UNINET" });
    const response = await one.services.http.request(http("POST", ECHO, { body: LARGE, contentType: FORM }));
    expect(response).toMatchObject({ statusCode: 200, body: LARGE });
    one.followed("3.1.2.2-post-file", { order: [1, 2, 3, 4, 0, 5, 6, 7], values: OWN });
  });
});

describe("the driver of BG96 looks into failures as guide 4 does", () => {
  it("4.1-command-fails: no SIM", async () => {
    const one = await job();
    one.fault("no-sim");
    await expect(get(one, "/length")).rejects.toMatchObject({
      code: "SIM_ERROR",
      message: expect.stringContaining("is it inserted?"),
    });
    one.followed("4.1-command-fails");
  });

  it("4.2-pdp-checks: a modem that was detached is attached again, and the request goes through", async () => {
    const one = await job();
    await one.modem.execute("AT+CGATT=0", { timeout: 20_000 });
    one.wire.forget();
    expect(await get(one, "/length")).toMatchObject(HELLO_RESPONSE);
    one.followed("4.2-pdp-checks");
  });

  it("4.3-dns-fails: a name that nobody knows", async () => {
    const one = await job();
    const url = "http://no-such-host.invalid/";
    const failure = {
      code: "DNS_FAILED",
      message: expect.stringContaining("http://no-such-host.invalid/: DNS error (714)"),
      cause: { errorCode: 714 },
    };
    const request = (more: HttpRequest) => expect(one.services.http.request(more)).rejects.toMatchObject(failure);
    await request(http("GET", url));
    await request(http("POST", url, { body: Buffer.from("a=b"), contentType: FORM }));
    await request(http("POST", url, { body: LARGE, contentType: FORM }));
    one.followed("4.3-dns-fails");
    expect(one.wire.lines).toContain("AT+QIDNSCFG=1");
  });

  it("4.4-data-mode-busy: another port is in data mode, whichever command it stops", async () => {
    const one = await job();
    const commands = ["AT+QHTTPURL=", "AT+QHTTPGET=", "AT+QHTTPPOST=", "AT+QHTTPREAD="];
    for (const command of commands) {
      upon(one, command, () => one.fault("data-mode:20ms"));
      const request = command === "AT+QHTTPPOST=" ? post(one, "/length", "a=b") : get(one, "/length");
      await expect(request).rejects.toMatchObject({
        code: "MODEM_BUSY",
        message: expect.stringContaining("another port of the modem is in data mode"),
        cause: { errorCode: 704 },
      });
      one.wire.garble = (line) => line;
      await expect.poll(() => get(one, "/length").catch((error) => error)).toMatchObject(HELLO_RESPONSE);
    }
    one.followed("4.4-data-mode-busy");
  });

  it("4.6-read-fails: the connection breaks while a response is read", async () => {
    const one = await job();
    const broken = { code: "CONNECTION_CLOSED", message: expect.stringMatching(/socket read error \(717\); send.*of/) };
    upon(one, "AT+QHTTPREAD", () => void web.reset());
    await expect(get(one, "/stops")).rejects.toMatchObject(broken);
    await expect(get(one, "/stops-large")).rejects.toMatchObject(broken);
    one.followed("4.6-read-fails");
  });
});
