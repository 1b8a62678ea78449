import { describe, expect, it } from "vitest";
import type { Runtime } from "../../../nodes/common/types";
import { requestBody } from "../../../nodes/modem-http/body";
import { CookieJar } from "../../../nodes/modem-http/cookie-jar";
import { ownCookies, responseCookies } from "../../../nodes/modem-http/cookies";
import { requestHeaders } from "../../../nodes/modem-http/headers";
import { redirectTarget, targetUrl } from "../../../nodes/modem-http/url";

const MILLION = 1_000_000;
/** Some twenty times what they take on a busy machine; what looks at a text more than once takes longer. */
const AMPLE_MS = 1000;
const RED = {} as Runtime;
const FORM = "application/x-www-form-urlencoded";
const URL_PARTS = { field: "url", scheme: "http" } as const;

/** ms of this process's own time, which other programs on the machine don't lengthen much. */
function cost(work: () => unknown): number {
  const start = process.cpuUsage();
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^(INVALID_INPUT|PROTOCOL_ERROR)$/) });
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

describe("F35 neighbour: a million characters in a message to modem-http", () => {
  it.each([" ", "\t", "\r", "a", "=", ";", "%", '"', "/", ".", "-", "€", "😀"])("cost nothing, of %j", (character) => {
    const long = character.repeat(MILLION);
    const works: Record<string, () => unknown> = {
      url: () => targetUrl(long, URL_PARTS),
      query: () => targetUrl("http://a/", { ...URL_PARTS, query: { a: long, [long]: 1 } }),
      location: () => redirectTarget(long, "http://a/", "GET http://a/"),
      header: () => requestHeaders(RED, [], { headers: { a: long, [long]: "a" } } as never),
      cookieHeader: () => ownCookies(long, undefined),
      cookie: () => ownCookies(undefined, { a: long }),
      cookieName: () => ownCookies(undefined, { [long]: "a" }),
      answersCookies: () => responseCookies({ "set-cookie": [long, `a=${long}`] }),
      jar: () => new CookieJar("http://a.b/", []).take([long, `a=1; path=${long}`, `a=1; ${long}`], "http://a.b/"),
      json: () => requestBody("POST", { a: long }, undefined),
      form: () => requestBody("POST", { a: long }, FORM),
      part: () => requestBody("POST", { a: long }, "multipart/form-data"),
      partName: () => requestBody("POST", { [long]: "a" }, "multipart/form-data"),
      filename: () => requestBody("POST", { a: { value: "", options: { filename: long } } }, "multipart/form-data"),
      type: () => requestBody("POST", { a: 1 }, long),
      boundary: () => requestBody("POST", { a: 1 }, `multipart/form-data; boundary=${long}`),
    };
    for (const [name, work] of Object.entries(works)) expect(cost(work), name).toBeLessThan(AMPLE_MS);
  });

  it.each([
    ["bytes", Buffer.alloc(3 * MILLION)],
    ["numbers", new Float64Array(MILLION)],
    ["many fields", Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`x-${n}`, n]))],
  ])("F35 neighbour: headers are no %s", (_name, headers) => {
    expect(
      cost(() => expect(() => requestHeaders(RED, [], { headers } as never)).toThrow(/^msg\.headers /)),
    ).toBeLessThan(AMPLE_MS);
  });
});
