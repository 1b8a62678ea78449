import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ErrorCode, isModemError, ModemError } from "../../../driver/errors";
import type { HttpRequest } from "../../../driver/services/http";
import { bench, expectExplained } from "./bench";
import { addHttpClient, type HttpCall, type Served } from "./lara";
import type { PeerOptions } from "./peer";

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
const TRAP = Buffer.concat([
  Buffer.from('\r\nOK\r\n+UUHTTPCR: 0,1,0\r\n"\r\nERROR\r\n+CME ERROR: trap\r\n>@\r\nCONNECT\r\n'),
  ALL_BYTES,
]);

const get = (options: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "GET",
  url: "http://httpbin.org/",
  headers: [],
  timeout: 20_000,
  ...options,
});

function ok(body: Buffer | string = "hello"): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n\r\n`), bytes]);
}

/** A modem whose HTTP client gets `content` for everything. */
function client(serve: (call: HttpCall) => Served | undefined = () => ({ content: ok() }), options: PeerOptions = {}) {
  const parts = bench(options);
  const files = addHttpClient(parts.peer, serve);
  return { ...parts, files, http: parts.driver.services.http };
}

async function failureOf(work: Promise<unknown>): Promise<ModemError> {
  const error = await work.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason,
  );
  if (!isModemError(error)) throw error;
  return error;
}

/** A number that stands for "later" without a sleep: every pending I/O turn is over. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe("HTTP on LARA-R6", () => {
  it("does a GET by the guide's commands and deletes its file", async () => {
    const { http, peer, files } = client();
    const response = await http.request(get({ url: "http://httpbin.org/get?a=b%20c&q=\u00e9#part" }));
    expect(response).toEqual({ statusCode: 200, headers: { "content-length": "5" }, body: Buffer.from("hello") });
    expect(peer.commands).toEqual([
      'AT+UDELFILE="nr_http_0_rsp"',
      "AT+UHTTP=0",
      'AT+UHTTP=0,1,"httpbin.org"',
      "AT+UHTTP=0,5,80",
      "AT+UHTTP=0,7,30",
      'AT+UHTTPC=0,1,"/get?a=b%20c&q=%C3%A9","nr_http_0_rsp"',
      'AT+ULSTFILE=2,"nr_http_0_rsp"',
      'AT+URDBLOCK="nr_http_0_rsp",0,43',
      'AT+UDELFILE="nr_http_0_rsp"',
    ]);
    expect(files.size).toBe(0);
    expectExplained(peer.commands);
  });

  it("keeps an empty query", async () => {
    const { http, peer } = client();
    await http.request(get({ url: "http://httpbin.org/get?" }));
    expect(peer.commands).toContain('AT+UHTTPC=0,1,"/get?","nr_http_0_rsp"');
  });

  it("deletes in advance only what an earlier run may have left", async () => {
    const { http, peer } = client();
    const deletions = (): number => peer.commands.filter((line) => line.startsWith("AT+UDELFILE")).length;
    for (let profile = 0; profile < 4; profile++) await http.request(get());
    expect(deletions()).toBe(8);
    await http.request(get());
    expect(deletions()).toBe(9);
  });

  it.each([
    ["HEAD", 0],
    ["GET", 1],
    ["DELETE", 2],
  ] as const)("sends %s as command %i", async (method, number) => {
    const { http, peer } = client();
    const { statusCode, body } = await http.request(get({ method }));
    expect(statusCode).toBe(200);
    expect(body.toString()).toBe(method === "HEAD" ? "" : "hello");
    expect(peer.commands).toContain(`AT+UHTTPC=0,${number},"/","nr_http_0_rsp"`);
  });

  it("takes port, literal addresses, context and basic authentication from URL and request", async () => {
    const { http, peer } = client();
    await http.request(get({ url: "http://us%65r:p%40ss@[2001:db8::1]:8080/x", cid: 2 }));
    await http.request(get({ url: "http://u:p@10.0.0.1/", auth: { user: "test_user", password: "P455w0rd" } }));
    for (const line of [
      'AT+UHTTP=0,0,"2001:db8::1"',
      "AT+UHTTP=0,5,8080",
      "AT+UHTTP=0,20,2,1",
      'AT+UHTTP=0,2,"user"',
      'AT+UHTTP=0,3,"p@ss"',
      "AT+UHTTP=0,4,1",
      'AT+UHTTP=1,0,"10.0.0.1"',
      'AT+UHTTP=1,2,"test_user"',
      'AT+UHTTP=1,3,"P455w0rd"',
    ]) {
      expect(peer.commands).toContain(line);
    }
    expectExplained(peer.commands);
  });

  it("sends own headers by number, and shows no secret in the trace", async () => {
    const { http, peer, trace } = client();
    await http.request(
      get({
        headers: [
          ["Accept", "text/html, */*;q=0.8"],
          ["Referer", "http://a.b:80/c"],
          ["Authorization", "Bearer s3cret"],
        ],
        auth: { user: "me", password: "h1dden" },
      }),
    );
    expect(peer.commands).toContain('AT+UHTTP=0,9,"0:Accept:text/html, */*;q=0.8"');
    expect(peer.commands).toContain('AT+UHTTP=0,9,"1:Referer:http://a.b:80/c"');
    expect(peer.commands).toContain('AT+UHTTP=0,9,"2:Authorization:Bearer s3cret"');
    expect(trace.length).toBeGreaterThan(0);
    expect(trace.join("\n")).not.toMatch(/s3cret|h1dden/);
  });

  it.each([
    ["application/x-www-form-urlencoded", "0"],
    ["TEXT/plain", "1"],
    [undefined, "2"],
    [" ", "2"],
    ["application/octet-stream", "2"],
    ["application/json", "4"],
    ["application/xml", "5"],
    ["text/plain; charset=utf-8", '6,"text/plain; charset=utf-8"'],
    ["multipart/form-data", '6,"multipart/form-data"'],
    ["multipart/form-data; boundary=mine", '6,"multipart/form-data; boundary=mine"'],
  ])("posts a short printable body of type %s from the command line", async (contentType, number) => {
    const { http, peer } = client();
    await http.request(get({ method: "POST", contentType, body: Buffer.from("name_post=MyName&age_post=30") }));
    expect(peer.commands).toContain(`AT+UHTTPC=0,5,"/","nr_http_0_rsp","name_post=MyName&age_post=30",${number}`);
    expect(peer.uploads).toEqual([]);
    expectExplained(peer.commands);
  });

  it.each([
    ["with quotation marks", Buffer.from('{"t":21.5}')],
    ["with line ends", Buffer.from("a\r\nb")],
    ["beyond ASCII", Buffer.from("21 °C")],
    ["of more than 128 bytes", Buffer.alloc(129, "x")],
    ["of all byte values", TRAP],
  ])("posts a body %s from a file", async (_, body) => {
    const { http, peer, files } = client();
    await http.request(get({ method: "POST", contentType: "application/json", body }));
    expect(peer.uploads).toEqual([body]);
    expect(peer.commands).toContain(`AT+UDWNFILE="nr_http_0_req",${body.length}`);
    expect(peer.commands).toContain('AT+UHTTPC=0,4,"/","nr_http_0_rsp","nr_http_0_req",4');
    expect(files.size).toBe(0);
    expectExplained(peer.commands);
  });

  it("puts every body from a file", async () => {
    const { http, peer } = client();
    await http.request(get({ method: "PUT", contentType: "text/plain", body: Buffer.from("short") }));
    expect(peer.commands).toContain('AT+UHTTPC=0,3,"/","nr_http_0_rsp","nr_http_0_req",1');
    expect(peer.uploads).toEqual([Buffer.from("short")]);
  });

  it("takes a content type that stands among the headers", async () => {
    const { http, peer } = client();
    await http.request(get({ method: "POST", headers: [["Content-Type", "text/plain"]], body: Buffer.from("x") }));
    expect(peer.commands).toContain('AT+UHTTPC=0,5,"/","nr_http_0_rsp","x",1');
    expect(peer.commands.join()).not.toContain("AT+UHTTP=0,9");
  });

  it("replaces a request file that an earlier run left behind", async () => {
    const { http, files, peer } = client();
    files.set("nr_http_0_req", Buffer.from("old"));
    await http.request(get({ method: "PUT", body: Buffer.from("new") }));
    expect(peer.uploads).toEqual([Buffer.from("new")]);
    expect(files.size).toBe(0);
  });
});

describe("a response body", () => {
  const shapes: [string, PeerOptions][] = [
    ["whole", {}],
    ["byte by byte", { pieces: 1 }],
    ["without echo", { echo: false }],
    ["without echo, byte by byte", { echo: false, pieces: 1 }],
  ];
  const urcs = ['+CEREG: 5,"2046","07BA7016",7', "+CSCON: 1", "+UUSORD: 0,12", "+UNHEARD: 1", "+UUHTTPCR: 3,1,1"];

  it.each(shapes)("is exact, %s, whatever it looks like and whatever falls between the lines", async (_, options) => {
    let count = 0;
    const between = (): string => urcs[count++ % urcs.length] ?? "";
    const { http } = client(() => ({ content: ok(TRAP) }), { ...options, between });
    expect((await http.request(get())).body).toEqual(TRAP);
  });

  it("is read in blocks of half a second of the line, and other commands get through", async () => {
    const body = Buffer.alloc(30_000, "0123456789\r\n");
    const { http, peer, channel } = client(() => ({ content: ok(body) }), { bytesPerSecond: 11_520 });
    peer.on(/^AT\+CSQ$/, ["+CSQ: 20,99", "OK"]);
    let asked: Promise<unknown> | undefined;
    peer.on(/^AT\+ULSTFILE=2,"(.*)"$/, () => {
      asked = channel.send({ line: "AT+CSQ", label: "AT+CSQ", expects: [{ prefix: "+CSQ:" }], timeout: 1000 });
      return [`+ULSTFILE: ${ok(body).length}`, "OK"];
    });
    expect((await http.request(get())).body).toEqual(body);
    await asked;
    const blocks = peer.commands.filter((line) => line.startsWith("AT+URDBLOCK"));
    expect(blocks[0]).toBe('AT+URDBLOCK="nr_http_0_rsp",0,5760');
    expect(blocks).toHaveLength(6);
    expect(peer.commands.indexOf("AT+CSQ")).toBeLessThan(peer.commands.indexOf(blocks[1] ?? ""));
  });

  it("of a chunked answer is decoded, of a gzip answer is not", async () => {
    const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n0\r\n\r\n";
    const { http } = client(() => ({ content: chunked }));
    expect((await http.request(get())).body.toString()).toBe("Wiki");
  });

  it("that ends early is a closed connection, and the files go all the same", async () => {
    const { http, files } = client(() => ({ content: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234" }));
    const error = await failureOf(http.request(get()));
    expect(error.code).toBe("CONNECTION_CLOSED");
    expect(error.message).toContain("4 of the 9 bytes");
    await turns();
    expect(files.size).toBe(0);
  });
});

describe("a request that can't be made", () => {
  const cases: [string, Partial<HttpRequest>, ErrorCode, RegExp][] = [
    ["https", { url: "https://a.b/" }, "NOT_SUPPORTED", /security profile/],
    ["another scheme", { url: "ftp://a.b/" }, "INVALID_INPUT", /url/],
    ["a relative URL", { url: "/x" }, "INVALID_INPUT", /url/],
    ["a path that is too long", { url: `http://a.b/${"x".repeat(3000)}` }, "INVALID_INPUT", /url: path/],
    ["a quotation mark in a password", { auth: { user: "u", password: 'a"b' } }, "INVALID_INPUT", /password/],
    ["a line end in a user name", { auth: { user: "u\rAT", password: "" } }, "INVALID_INPUT", /user/],
    ["bad credentials in the URL", { url: "http://%E9:x@a.b/" }, "INVALID_INPUT", /credentials/],
    [
      "six headers",
      { headers: Array.from({ length: 6 }, (_, i) => [`X-${i}`, "1"] as const) },
      "INVALID_INPUT",
      /6 are more than the 5/,
    ],
    ["a header's line end", { headers: [["X", "1\r\nY: 2"]] }, "INVALID_INPUT", /headers: X/],
    ["a header's quotation mark", { headers: [["ETag", '"1"']] }, "INVALID_INPUT", /headers: ETag/],
    ["a bad header name", { headers: [["X:Y", "1"]] }, "INVALID_INPUT", /header name/],
    ["a header of the modem's", { headers: [["content-length", "1"]] }, "INVALID_INPUT", /itself/],
    ["a line end behind the content type", { method: "POST", contentType: "a/b\r\n" }, "INVALID_INPUT", /contentType/],
    ["a long content type", { method: "POST", contentType: `a/${"b".repeat(70)}` }, "INVALID_INPUT", /contentType/],
    ["a body with GET", { body: Buffer.from("x") }, "NOT_SUPPORTED", /GET/],
    ["a context out of range", { cid: 9 }, "INVALID_INPUT", /cid/],
  ];

  it.each(cases)("for %s is refused before anything is sent", async (_, options, code, words) => {
    const { http, peer } = client();
    const error = await failureOf(http.request(get(options)));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(peer.commands).toEqual([]);
  });
});

describe("a request that fails", () => {
  const cases: [number, number, ErrorCode, RegExp][] = [
    [3, 23, "DNS_FAILED", /name could not be resolved/],
    [3, 11, "CONNECT_FAILED", /no connection to the server/],
    [3, 26, "CONNECT_FAILED", /in time/],
    [3, 28, "MODEM_TIMEOUT", /did not answer/],
    [3, 44, "CONNECTION_CLOSED", /lost/],
    [3, 73, "TLS_FAILED", /secure connection/],
    [3, 22, "NO_CONNECTION", /data connection/],
    [10, 22, "NO_CONNECTION", /data connection/],
    [3, 35, "INVALID_INPUT", /parameter/],
    [3, 43, "MODEM_REJECTED", /file system/],
    [3, 999, "MODEM_REJECTED", /unknown error/],
    [0, 0, "MODEM_REJECTED", /no reason/],
  ];

  it.each(cases)("with class %i, code %i says so in words", async (errorClass, errorCode, code, words) => {
    const { http, peer } = client(() => ({ content: "", result: 0 }));
    peer.on(/^AT\+UHTTPER=0$/, [`+UHTTPER: 0,${errorClass},${errorCode}`, "OK"]);
    const error = await failureOf(http.request(get()));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(error.message).toContain("GET http://httpbin.org/");
    expect(error.cause).toMatchObject({ errorClass, errorCode });
  });

  it("at once, with ERROR, is explained by +UHTTPER too", async () => {
    const { http, peer } = client();
    peer.on(/^AT\+UHTTPC=/, ["ERROR"]);
    peer.on(/^AT\+UHTTPER=0$/, ["+UHTTPER: 0,3,22", "OK"]);
    expect((await failureOf(http.request(get()))).code).toBe("NO_CONNECTION");
  });

  it("keeps the modem's own error when +UHTTPER knows none", async () => {
    const { http, peer } = client();
    peer.on(/^AT\+UHTTPC=/, ["+CME ERROR: operation not allowed"]);
    const error = await failureOf(http.request(get()));
    expect(error.code).toBe("MODEM_REJECTED");
    expect(error.message).toContain("operation not allowed");
  });

  it("names neither the query nor the body, which may hold secrets", async () => {
    const { http, peer } = client();
    peer.on(/^AT\+UHTTPC=/, ["+CME ERROR: operation not allowed"]);
    const url = "http://httpbin.org/a?token=secret";
    const error = await failureOf(http.request({ ...get(), method: "POST", url, body: Buffer.from("key=secret") }));
    expect(peer.commands.filter((line) => line.includes("secret"))).toHaveLength(1);
    expect(error.message + JSON.stringify(error)).not.toContain("secret");
    expect(error.cause?.command).toContain("/a?***");
  });

  it("is not masked by a file that can't be deleted", async () => {
    const { http, peer } = client(() => ({ content: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" }));
    peer.on(/^AT\+UDELFILE/, ["+CME ERROR: file system busy"]);
    expect((await failureOf(http.request(get()))).code).toBe("CONNECTION_CLOSED");
  });

  it("by the end of the line fails, and so do those that wait", async () => {
    const { http, peer, channel, driver } = client(() => undefined);
    const requests = Array.from({ length: 6 }, () => failureOf(http.request(get())));
    await turns();
    const offline = new ModemError("MODEM_OFFLINE", "unplugged");
    driver.dispose(offline);
    channel.close(offline);
    for (const error of await Promise.all(requests)) expect(error.code).toBe("MODEM_OFFLINE");
    expect(peer.commands.length).toBeGreaterThan(0);
  });
});

describe("the result", () => {
  it("may come before the OK, and in the guide's misspelt forms", async () => {
    for (const prefix of ["+UUHTTPCR", "+UUHTPCR", "+UHTTPCR"]) {
      const { http, peer, files } = client();
      peer.on(/^AT\+UHTTPC=/, () => {
        files.set("nr_http_0_rsp", ok());
        return [`${prefix}: 0, 1, 1`, "OK"];
      });
      expect((await http.request(get())).statusCode).toBe(200);
    }
  });

  it("of another profile or another command is none of this request's", async () => {
    const { http, peer } = client(() => undefined);
    let done = false;
    const work = http.request(get()).finally(() => {
      done = true;
    });
    await turns();
    peer.urc("+UUHTTPCR: 1,1,0");
    peer.urc("+UUHTTPCR: 0,5,0");
    await turns();
    expect(done).toBe(false);
    peer.urc("+UUHTTPCR: 0,1,0");
    expect((await failureOf(work)).code).toBe("MODEM_REJECTED");
  });
});

describe("four profiles", () => {
  it("work side by side, and the fifth request waits for the first free one", async () => {
    const calls: HttpCall[] = [];
    const { http, peer, files } = client((call) => {
      calls.push(call);
      return undefined;
    });
    const requests = Array.from({ length: 5 }, (_, index) => http.request(get({ url: `http://a.b/${index}` })));
    await turns();
    expect(calls.map(({ profile }) => profile)).toEqual([0, 1, 2, 3]);
    files.set("nr_http_2_rsp", ok("third"));
    peer.urc("+UUHTTPCR: 2,1,1");
    expect((await requests[2])?.body.toString()).toBe("third");
    await turns();
    expect(calls[4]).toMatchObject({ profile: 2, path: "/4" });
    for (const profile of [0, 1, 2, 3]) {
      files.set(`nr_http_${profile}_rsp`, ok());
      peer.urc(`+UUHTTPCR: ${profile},1,1`);
    }
    expect(await Promise.all(requests)).toHaveLength(5);
  });
});

describe("time", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** In steps, so that the peer's answers arrive in the meantime. */
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      await vi.advanceTimersByTimeAsync(500);
      await turns();
    }
  }

  it("tells the modem the request's limit within what the modem allows", async () => {
    for (const [timeout, seconds] of [
      [5000, 30],
      [90_500, 91],
      [999_000, 180],
    ] as const) {
      const { http, peer } = client();
      await http.request(get({ timeout }));
      expect(peer.commands).toContain(`AT+UHTTP=0,7,${seconds}`);
    }
  });

  it("over, the request fails, but its profile is not used again before the modem is done", async () => {
    const { http, peer, files } = client(() => undefined);
    const late = failureOf(http.request(get({ timeout: 5000 })));
    await turns();
    await vi.advanceTimersByTimeAsync(5000);
    const error = await late;
    expect(error.code).toBe("MODEM_TIMEOUT");
    expect(error.message).toContain("5 s");
    const others = Array.from({ length: 4 }, () => http.request(get({ timeout: 60_000 })));
    await turns();
    const used = (): number => peer.commands.filter((line) => line.startsWith("AT+UHTTPC=0,")).length;
    expect(used()).toBe(1);
    files.set("nr_http_0_rsp", ok("late"));
    peer.urc("+UUHTTPCR: 0,1,1");
    await turns();
    expect(used()).toBe(2);
    expect(files.has("nr_http_0_rsp")).toBe(false);
    for (const profile of [0, 1, 2, 3]) {
      files.set(`nr_http_${profile}_rsp`, ok());
      peer.urc(`+UUHTTPCR: ${profile},1,1`);
    }
    await Promise.all(others);
  });

  it("without a result gives the profile back in the end", async () => {
    const { http, peer } = client(() => undefined);
    const late = Array.from({ length: 4 }, () => failureOf(http.request(get({ timeout: 5000 }))));
    await turns();
    await vi.advanceTimersByTimeAsync(5000);
    expect((await Promise.all(late)).map(({ code }) => code)).toEqual(Array(4).fill("MODEM_TIMEOUT"));
    const next = http.request(get({ timeout: 60_000 }));
    const before = peer.commands.length;
    await pass(40_000);
    expect(peer.commands.slice(before)).toContain('AT+UHTTPC=0,1,"/","nr_http_0_rsp"');
    peer.urc("+UUHTTPCR: 0,1,0");
    expect((await failureOf(next)).code).toBe("MODEM_REJECTED");
  });

  it("ends for who aborts, at once", async () => {
    const { http } = client(() => undefined);
    const abort = new AbortController();
    const work = failureOf(http.request(get({ signal: abort.signal })));
    await turns();
    abort.abort(new ModemError("MODEM_OFFLINE", "node closed"));
    expect((await work).message).toBe("node closed");
  });

  it("for one that waits for a profile ends as busy", async () => {
    const { http } = client(() => undefined);
    for (let index = 0; index < 4; index++) void failureOf(http.request(get({ timeout: 60_000 })));
    const fifth = failureOf(http.request(get({ timeout: 1000 })));
    await turns();
    await vi.advanceTimersByTimeAsync(1000);
    const error = await fifth;
    expect(error.code).toBe("MODEM_BUSY");
    expect(error.message).toContain("4 HTTP profiles");
  });

  it("is not spent on a profile that an earlier session left busy while another is free", async () => {
    const { http, peer, files } = client();
    peer.on(/^AT\+UHTTPC=0,/, ["ERROR"]);
    peer.on(/^AT\+UHTTPER=0$/, ["+UHTTPER: 0,3,30", "OK"]);
    peer.on(/^AT\+UHTTPC=1,/, () => {
      files.set("nr_http_1_rsp", ok());
      setImmediate(() => peer.urc("+UUHTTPCR: 1,1,1"));
      return ["OK"];
    });
    expect((await http.request(get())).statusCode).toBe(200);
  });

  it("is given to profiles that are all still busy: they are tried again", async () => {
    const { http, peer, files } = client();
    let tries = 0;
    peer.on(/^AT\+UHTTPC=(\d),/, ([, profile]) => {
      if (++tries < 6) return ["ERROR"];
      files.set(`nr_http_${profile}_rsp`, ok());
      setImmediate(() => peer.urc(`+UUHTTPCR: ${profile},1,1`));
      return ["OK"];
    });
    peer.on(/^AT\+UHTTPER=(\d)$/, ([, profile]) => [`+UHTTPER: ${profile},3,30`, "OK"]);
    const work = http.request(get());
    for (let second = 0; second < 3; second++) {
      await turns();
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect((await work).statusCode).toBe(200);
    expect(tries).toBe(6);
  });
});

describe("hostile input", () => {
  const nasty = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom("\r", "\n", '"', ";", "\x1a", "\x1b", "+", "A", "T", "é", "\0", ",", ":"),
      maxLength: 20,
    }),
  );

  /** One field is hostile, the others are what a flow means to send. */
  function request(field: number, text: string): HttpRequest {
    const at = (index: number, sane: string): string => (index === field ? text : sane);
    return {
      method: field % 2 === 0 ? "POST" : "PUT",
      url: at(0, `http://${at(1, "a.b")}/${at(2, "c")}`),
      headers: [[at(3, "X-Own"), at(4, "1")]],
      contentType: at(5, "text/plain"),
      auth: { user: at(6, "u"), password: at(7, "p") },
      body: Buffer.from(at(8, "body")),
      timeout: 10_000,
    };
  }

  it("never makes the modem see a command that was not meant", async () => {
    let sent = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(8), nasty, async (field, text) => {
        const { http, peer } = client();
        await http.request(request(field, text)).catch((error: unknown) => {
          expect(isModemError(error) && ["INVALID_INPUT", "NOT_SUPPORTED"].includes(error.code)).toBe(true);
          expect(peer.commands).toEqual([]);
          refused++;
        });
        sent += peer.commands.length;
        expectExplained(peer.commands);
      }),
      { numRuns: 1000 },
    );
    expect(Math.min(sent, refused)).toBeGreaterThan(50);
  });
});
