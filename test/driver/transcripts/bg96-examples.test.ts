import { describe, expect, it, vi } from "vitest";
import type { HttpRequest } from "../../../driver/services/http/http";
import { useEventLoopClock } from "../../support/clock";
import { ECHO, FORM, get, HELLO_RESPONSE, job, LARGE, PAGE, post, SINA, upon, web } from "./bg96-job";
import { http } from "./job";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

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
