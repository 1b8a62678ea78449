import { describe, expect, it } from "vitest";
import { failure } from "../../../support/failure";
import { startSession } from "../session";
import { count, httpLines, POST, request, response } from "./requests";

const EVERYTHING = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_value, byte) => byte)),
  Buffer.from('\r\nOK\r\n\r\n+QHTTPREAD: 0\r\n+QHTTPGET: 0,500\r\n"quoted"\r\n+CME ERROR: 717\r\nRDY\r\nCONNECT\r\n'),
]);

describe("a BG96 GET", () => {
  it("3.1.1-get, 3.1.1-read-solution-1, 2.3-get, 2.6-read: sends the printed commands, reads head and body", async () => {
    const session = await startSession();
    session.http.answer = { response: response("<html>", "Server: nginx\r\n"), outcome: "0,200,6" };
    const answer = await request(session, { url: "http://www.sina.com.cn/" });
    expect(answer).toMatchObject({ statusCode: 200, headers: { "content-length": "6", server: "nginx" } });
    expect(answer.body.toString()).toBe("<html>");
    expect(session.peer.commands).toEqual([
      "AT+QIACT?",
      'AT+QHTTPCFG="contextid",1',
      'AT+QHTTPCFG="requestheader",0',
      'AT+QHTTPCFG="responseheader",1',
      "AT+QHTTPURL=23,10",
      "AT+QHTTPGET=80",
      "AT+QHTTPREAD=30",
    ]);
    expect(session.http.url).toBe("http://www.sina.com.cn/");
  });

  it("3.1.1-read-solution-2, 2.3-get-no-length, 2.7-read-file: reads an unknown length through a file", async () => {
    const session = await startSession();
    session.http.answer = { response: Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), EVERYTHING]) };
    expect((await request(session)).body).toEqual(EVERYTHING);
    expect(session.peer.commands).toContain('AT+QHTTPREADFILE="http-response.tmp",30');
    expect(session.files.size).toBe(0);
  });

  it.each([{}, { pieces: 1 }, { echo: false }, { between: "+CEREG: 5" }, { pieces: 1, echo: false }])(
    "carries any byte, whatever it looks like, directly and through a file (%j)",
    async (options) => {
      const session = await startSession(options);
      session.http.answer = { response: response(EVERYTHING), outcome: `0,200,${EVERYTHING.length}` };
      expect((await request(session)).body).toEqual(EVERYTHING);
      session.http.answer = { response: response(EVERYTHING) };
      expect((await request(session)).body).toEqual(EVERYTHING);
    },
  );

  it("goes through a file in chunks when it would hold the line, directly when the files have no room", async () => {
    const body = Buffer.alloc(50_000, EVERYTHING);
    const session = await startSession({ bytesPerSecond: 11_520 });
    session.http.answer = { response: response(body), outcome: `0,200,${body.length}` };
    expect((await request(session)).body).toEqual(body);
    expect(count(session, /^AT\+QFREAD=/)).toBe(9);
    session.peer.on(/^AT\+QFLDS=/, ["+QFLDS: 50000,1000000", "OK"]);
    expect((await request(session)).body).toEqual(body);
    expect(httpLines(session).at(-1)).toBe("AT+QHTTPREAD=30");
  });

  it.each([
    [204, "HTTP/1.1 204 No Content\r\n\r\n", "0,204"],
    [304, "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", "0,304,99"],
    [302, "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", "0,302,0"],
    [200, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "0,200,0"],
  ])("takes a %d without a body", async (statusCode, raw, outcome) => {
    const session = await startSession();
    session.http.answer = { response: raw, outcome };
    expect(await request(session)).toMatchObject({ statusCode, body: Buffer.alloc(0) });
    expect(httpLines(session).at(-1)).toBe("AT+QHTTPREAD=30");
  });

  it("takes off chunked coding, and leaves what the modem has taken off already, and gzip", async () => {
    const session = await startSession();
    const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    session.http.answer = { response: `${head}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n` };
    expect((await request(session)).body.toString()).toBe("abcde");
    session.http.answer = { response: `${head}no chunks` };
    expect((await request(session)).body.toString()).toBe("no chunks");
    const zipped = Buffer.from("1f8b080000000000000303000000000000000000", "hex");
    session.http.answer = {
      response: response(zipped, "Content-Encoding: gzip\r\n"),
      outcome: `0,200,${zipped.length}`,
    };
    expect(await request(session)).toMatchObject({ body: zipped, headers: { "content-encoding": "gzip" } });
  });

  it.each([
    ["\r\n", ""],
    ["", "\r\n"],
    ["\r\n\r\n", "\r\n"],
  ])("F03 reads an answer without the line ends before and behind it: %j, %j", async (before, behind) => {
    const session = await startSession();
    const raw = `${before}${response("hello")}${behind}`;
    for (const outcome of ["0,200,5", "0,200"]) {
      session.http.answer = { response: raw, outcome };
      expect(await request(session)).toMatchObject({ statusCode: 200, body: Buffer.from("hello") });
    }
  });

  it("F03 neighbour: asks once more, with a checksum, where a line end behind the body may be its own", async () => {
    const session = await startSession();
    session.http.answer = { response: `${response("[1,1,1]\r\n")}\r\n`, outcome: "0,200,9" };
    expect((await request(session)).body.toString()).toBe("[1,1,1]\r\n");
    expect(httpLines(session).map((line) => line.replace(/=.*/, ""))).toEqual([
      "AT+QHTTPGET",
      "AT+QHTTPREAD",
      "AT+QHTTPGET",
      "AT+QHTTPREADFILE",
    ]);
    await expect(request(session, POST)).rejects.toMatchObject({ code: "MODEM_REJECTED" });
  });

  it.each(["8", "8\r\n{", '8\r\n{"a":12}\r\n', '8\r\n{"a":12}\r\n8', '8\r\n{"a":12}\r\n0\r\n'])(
    "F02 is CONNECTION_CLOSED for chunks that are cut: %j",
    async (chunks) => {
      const session = await startSession();
      session.http.answer = { response: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}` };
      await expect(request(session)).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
    },
  );

  it.each([
    ["no status line", "Content-Length: 5\r\n\r\nhello", "PROTOCOL_ERROR"],
    ["a damaged one", "HTTP/1.1 2 0 OK\r\nContent-Length: 5\r\n\r\nhello", "PROTOCOL_ERROR"],
    ["another status than the modem says", "HTTP/1.1 201 OK\r\nContent-Length: 5\r\n\r\nhello", "PROTOCOL_ERROR"],
    ["no end", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nhello", "CONNECTION_CLOSED"],
    ["a body that is longer than announced", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world", undefined],
  ])("F37 an answer with %s is never a success", async (_how, raw, code) => {
    const session = await startSession();
    for (const [outcome, verify] of [
      ["0,200,5", "auto"],
      ["0,200,5", "always"],
      ["0,200", "auto"],
    ] as const) {
      session.http.answer = { response: raw, outcome };
      const error = await failure(request(session, { verify }));
      expect(error.code).toBe(
        code ?? (verify === "auto" && outcome.length > 5 ? "MODEM_REJECTED" : "CONNECTION_CLOSED"),
      );
    }
  });

  it("F37 reads through a file, which has a checksum, when it is told to", async () => {
    const session = await startSession();
    session.http.answer = { response: response("hello"), outcome: "0,200,5" };
    expect((await request(session, { verify: "always" })).body.toString()).toBe("hello");
    expect(session.peer.commands).toContain('AT+QFDWL="http-response.tmp"');
    expect((await request(session, { verify: "auto" })).body.toString()).toBe("hello");
    expect(httpLines(session).at(-1)).toBe("AT+QHTTPREAD=30");
  });

  it("3.2.1-read-solution-1: copes with a head that tells another length than the result", async () => {
    const session = await startSession();
    session.http.answer = { response: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef", outcome: "0,200,6" };
    expect((await request(session)).body.toString()).toBe("abcdef");
  });

  it("2.3-get-custom-header: writes its own head when the flow sets fields", async () => {
    const session = await startSession();
    await request(session, {
      url: "http://example.org/a?b",
      headers: [["X-Key", "k"]],
      auth: { user: "u", password: "p" },
    });
    expect(session.http.settings.get("requestheader")).toBe("1");
    expect(session.http.body.toString()).toMatch(/^GET \/a\?b HTTP\/1\.1\r\nHost: example\.org\r\nX-Key: k\r\n/);
    expect(session.peer.commands).toContain(`AT+QHTTPGET=80,${session.http.body.length},11`);
    await request(session);
    expect(session.http.settings.get("requestheader")).toBe("0");
  });

  it("uses the context it is told", async () => {
    const session = await startSession();
    await session.services.packetData.activate(3);
    await request(session, { cid: 3 });
    expect(session.http.settings.get("contextid")).toBe("3");
  });
});

describe("a BG96 POST", () => {
  it("3.1.2.1-post-serial, 2.4-post: sends the body from the line", async () => {
    const session = await startSession();
    const body = '<?xml version="1.0" encoding="utf-8"?>\r\n<string>HelloQuectel</string>';
    session.http.answer = { response: response(body), outcome: `0,200,${body.length}` };
    const answer = await request(session, {
      ...POST,
      url: "http://api.efxnow.com/DEMOWebServices2.8/Service.asmx/Echo?",
    });
    expect(answer.body.toString()).toBe(body);
    expect(session.http.settings.get("contenttype")).toBe("1");
    expect(httpLines(session)).toEqual(["AT+QHTTPPOST=20,11,80", "AT+QHTTPREAD=30"]);
    expect(session.http.body.toString()).toBe("Message=HelloQuectel");
  });

  it("1.2.1-post-custom-header, 2.4-post-custom-header: counts head and body", async () => {
    const session = await startSession();
    await request(session, { ...POST, contentType: "application/json", body: Buffer.from("{}") });
    const [line = ""] = httpLines(session);
    expect(line).toMatch(new RegExp(`^AT\\+QHTTPPOST=${session.http.body.length},`));
    expect(session.http.body.toString()).toMatch(/^POST \/ HTTP\/1\.1\r\n[\s\S]*\r\n\r\n\{\}$/);
  });

  it.each(["PUT", "DELETE"] as const)("%s goes the same way with a head of its own", async (method) => {
    const session = await startSession();
    await request(session, { ...POST, method });
    expect(session.http.body.toString()).toMatch(new RegExp(`^${method} / HTTP/1.1\r\n`));
  });

  it("3.1.2.2-post-file, 2.5-post-file: sends a long body through a file and removes it", async () => {
    const session = await startSession({ bytesPerSecond: 11_520 });
    const body = Buffer.alloc(40_000, EVERYTHING);
    await request(session, { ...POST, body });
    expect(session.http.body).toEqual(body);
    expect(httpLines(session)[0]).toBe('AT+QHTTPPOSTFILE="http-request.tmp",80');
    expect(session.files.size).toBe(0);
  });

  it("refuses a body that neither the line nor the files can take", async () => {
    const session = await startSession();
    const body = Buffer.alloc(1_024_001);
    await expect(request(session, { ...POST, body })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("1024000"),
    });
    expect(httpLines(session)).toEqual([]);
  });
});
