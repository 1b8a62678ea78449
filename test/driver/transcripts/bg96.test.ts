import { describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../support/clock";
import { FORM, garble, get, HELLO_RESPONSE, job, jobWithoutServer, LARGE, ORDER, post, web } from "./bg96-job";
import { http } from "./job";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

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
    // The second time by a new context (guide 4.5).
    expect(one.wire.dataOf("AT+QHTTPGET=")).toEqual(["", ""]);
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
