import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../../../driver/errors";
import type { HttpRequest } from "../../../../driver/services/http/http";
import { failure } from "../../../support/failure";
import type { PeerOptions } from "../../peer";
import { expectExplained } from "../bench";
import { client, get, ok, turns } from "./http-client";

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
const TRAP = Buffer.concat([
  Buffer.from('\r\nOK\r\n+UUHTTPCR: 0,1,0\r\n"\r\nERROR\r\n+CME ERROR: trap\r\n>@\r\nCONNECT\r\n'),
  ALL_BYTES,
]);

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

  it.each([
    ['+CGPADDR: 2,"10.1.2.3"', 0],
    ['+CGPADDR: 2,"32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1"', 1],
    ['+CGPADDR: 2,"2001:db8::5"', 1],
    ['+CGPADDR: 2,"10.1.2.3","2001:db8::5"', 0],
    ["+CGPADDR: 2", 0],
  ] as const)("F29 looks a name up by the kind of address that the context has: %s", async (line, family) => {
    const { http, peer } = client();
    peer.on(/^AT\+CGPADDR=2$/, [line, "OK"]);
    await http.request(get({ cid: 2 }));
    expect(peer.commands).toContain(`AT+UHTTP=0,20,2,${family}`);
  });

  it("sends own headers by number, and shows no secret in the trace", async () => {
    const { http, peer, trace } = client();
    await http.request(
      get({
        headers: [
          ["Accept", "text/html, */*;q=0.8"],
          ["Referer", "http://a.b:80/c"],
          ["Authorization", "Bearer s3cret"],
          ["X-API-Key", "k3y-of-the-plant"],
        ],
        auth: { user: "me", password: "h1dden" },
      }),
    );
    expect(peer.commands).toContain('AT+UHTTP=0,9,"0:Accept:text/html, */*;q=0.8"');
    expect(peer.commands).toContain('AT+UHTTP=0,9,"1:Referer:http://a.b:80/c"');
    expect(peer.commands).toContain('AT+UHTTP=0,9,"2:Authorization:Bearer s3cret"');
    expect(trace.length).toBeGreaterThan(0);
    expect(trace.join("\n")).not.toMatch(/s3cret|h1dden|k3y/);
    expect(trace.join("\n")).toContain("3:X-API-Key:***");
    expect(trace.join("\n")).toContain("0:Accept:text/html");
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

  it.each([
    [["Connection", "close"]],
    [["connection", "Keep-Alive "]],
    [["Host", "HTTPBIN.org"]],
    [["Content-Length", "0"]],
  ] as const)("F14 leaves out silently what the modem says anyway: %s", async (header) => {
    const { http, peer } = client();
    const five = Array.from({ length: 5 }, (_, index) => [`X-${index}`, "1"] as const);
    expect(await http.request(get({ headers: [header, ...five] }))).toMatchObject({ statusCode: 200 });
    expect(peer.commands.join()).not.toContain(`:${header[0]}:`);
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

  it.each([
    ["\r\n", ""],
    ["", "\r\n"],
    ["\r\n\r\n", "\r\n"],
  ])("F03 is read without the line ends that stand before and behind the answer: %j, %j", async (before, behind) => {
    const { http } = client(() => ({ content: `${before}${ok("hello")}${behind}` }));
    expect(await http.request(get())).toMatchObject({ statusCode: 200, body: Buffer.from("hello") });
  });

  it.each(["8", "8\r\n{", '8\r\n{"a":12}\r\n', '8\r\n{"a":12}\r\n8', '8\r\n{"a":12}\r\n0\r\n'])(
    "F02 in chunks that is cut is CONNECTION_CLOSED: %j",
    async (chunks) => {
      const content = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`;
      const { http } = client(() => ({ content }));
      expect((await failure(http.request(get()))).code).toBe("CONNECTION_CLOSED");
    },
  );

  it("that ends early is a closed connection, and the files go all the same", async () => {
    const { http, files } = client(() => ({ content: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234" }));
    const error = await failure(http.request(get()));
    expect(error.code).toBe("CONNECTION_CLOSED");
    expect(error.message).toContain("4 of the 9 bytes");
    await turns();
    expect(files.size).toBe(0);
  });
});

describe("a request that can't be made", () => {
  const cases: [string, Partial<HttpRequest>, ErrorCode, RegExp][] = [
    ["https without a profile", { url: "https://a.b/" }, "INVALID_INPUT", /security profile/],
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
    ["F15 a body with DELETE", { method: "DELETE", body: Buffer.from("x") }, "INVALID_INPUT", /payload.*DELETE/],
    ["F16 port 0", { url: "http://a.b:0/" }, "INVALID_INPUT", /port 0/],
    ["F16 neighbour: port 0 in zeros", { url: "http://10.0.0.1:000/x" }, "INVALID_INPUT", /port 0/],
    ["F16 neighbour: port 0 of an address", { url: "http://[2001:db8::1]:0/" }, "INVALID_INPUT", /port 0/],
    ["F14 neighbour: another host", { headers: [["Host", "c.d"]] }, "INVALID_INPUT", /Host itself/],
    ["F14 neighbour: another protocol", { headers: [["Connection", "upgrade"]] }, "INVALID_INPUT", /itself/],
    ["F35 a very long URL", { url: `http://a.b/${" ".repeat(80_000)}` }, "INVALID_INPUT", /url is too long/],
    ["a context out of range", { cid: 9 }, "INVALID_INPUT", /cid/],
  ];

  it.each(cases)("for %s is refused before anything is sent", async (_, options, code, words) => {
    const { http, peer } = client();
    const error = await failure(http.request(get(options)));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(peer.commands).toEqual([]);
  });
});
