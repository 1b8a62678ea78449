import { describe, expect, it } from "vitest";
import { type ErrorCode, ModemError } from "../../../../driver/errors";
import { failure } from "../../../support/failure";
import type { HttpCall } from "../lara";
import { client, get, ok, turns } from "./http-client";

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
    const error = await failure(http.request(get()));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(error.message).toContain("GET http://httpbin.org/");
    expect(error.cause).toMatchObject({ errorClass, errorCode });
  });

  it("at once, with ERROR, is explained by +UHTTPER too", async () => {
    const { http, peer } = client();
    peer.on(/^AT\+UHTTPC=/, ["ERROR"]);
    peer.on(/^AT\+UHTTPER=0$/, ["+UHTTPER: 0,3,22", "OK"]);
    expect((await failure(http.request(get()))).code).toBe("NO_CONNECTION");
  });

  it("keeps the modem's own error when +UHTTPER knows none", async () => {
    const { http, peer } = client();
    peer.on(/^AT\+UHTTPC=/, ["+CME ERROR: operation not allowed"]);
    const error = await failure(http.request(get()));
    expect(error.code).toBe("MODEM_REJECTED");
    expect(error.message).toContain("operation not allowed");
  });

  it("names neither the query nor the body, which may hold secrets", async () => {
    const { http, peer } = client();
    peer.on(/^AT\+UHTTPC=/, ["+CME ERROR: operation not allowed"]);
    const url = "http://httpbin.org/a?token=secret";
    const error = await failure(http.request({ ...get(), method: "POST", url, body: Buffer.from("key=secret") }));
    expect(peer.commands.filter((line) => line.includes("secret"))).toHaveLength(1);
    expect(error.message + JSON.stringify(error)).not.toContain("secret");
    expect(error.cause?.command).toContain("/a?***");
  });

  it("is not masked by a file that can't be deleted", async () => {
    const { http, peer } = client(() => ({ content: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" }));
    peer.on(/^AT\+UDELFILE/, ["+CME ERROR: file system busy"]);
    expect((await failure(http.request(get()))).code).toBe("CONNECTION_CLOSED");
  });

  it("by the end of the line fails, and so do those that wait", async () => {
    const { http, peer, channel, driver } = client(() => undefined);
    const requests = Array.from({ length: 6 }, () => failure(http.request(get())));
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
    expect((await failure(work)).code).toBe("MODEM_REJECTED");
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
