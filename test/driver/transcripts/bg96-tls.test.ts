import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type WireAnswer,
  type WireRequest,
  type WireServer,
  wireServer,
} from "../../simulator/transcripts/bg96-servers";
import { useEventLoopClock } from "../../support/clock";
import { CA, CLIENT, pem, profile } from "../quectel/security/tls-profile";
import { FORM, HELLO, HELLO_RESPONSE, LARGE, ORDER, ok } from "./bg96-job";
import { http, type Job, startJob } from "./job";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

const SHOP = "https://220.180.239.212:8011/processorder.php";
const PAGE_TOO_LARGE_FOR_THE_LINE = "x".repeat(21_472);

/** The guide's server speaks TLS 1.0, and takes a certificate where the client has one. */
const SERVER = {
  key: pem("server.key"),
  cert: pem("server.cert"),
  ca: CA,
  requestCert: true,
  rejectUnauthorized: false,
  minVersion: "TLSv1",
  ciphers: "DEFAULT:@SECLEVEL=0",
} as const;
/** What the guide sets, as a security profile. */
const PRINTED = { minVersion: "1.0", ciphers: ["TLS_RSA_WITH_RC4_128_SHA"] } as const;

/** Times, lengths and names are those of this request, APN and its authentication the flow author's. */
const OWN = {
  '1,1,"UNINET","","",1': '1,[123],"UNINET","","",[0-3]',
  "0x0005": "0X0005",
  "22,80": "23,\\d+",
  "45,80": "45,\\d+",
  "48,80,80": "48,\\d+,80",
  "=80": "=\\d+",
  '"5.txt",80': '"[^"]+",80',
  '"4.txt",80': '"[^"]+",\\d+',
  '"6.txt",80': '"[^"]+",\\d+',
  '"cacert.pem"': '"nr_ca_[0-9a-f]{16}\\.pem"',
  '"clientcert.pem"': '"nr_cert_[0-9a-f]{16}\\.pem"',
  '"clientkey.pem"': '"nr_key_[0-9a-f]{16}\\.pem"',
} as const;

/** The modem is connected before a request comes, and TLS set up before HTTP; the rest as printed. */
const SET_UP = [1, 2, 3, 6, 7, 8, 9, 10, 11, 4, 0, 5, 12, 13, 14];

let web: WireServer;

const PAGES: Readonly<Record<string, (request: WireRequest) => WireAnswer>> = {
  "/": () => ok(PAGE_TOO_LARGE_FOR_THE_LINE),
  "/length": () => ok(HELLO),
  "/processorder.php": ({ body }) => ok(body === ORDER ? "Your order is as follows" : body),
};

beforeAll(async () => {
  const answer = (request: WireRequest) => PAGES[request.head.split(" ")[1] ?? ""]?.(request) ?? ok("");
  web = await wireServer(answer, SERVER);
});
afterAll(() => web.stop());

function job(): Promise<Job> {
  const servers = ["www.alipay.com:443", "220.180.239.212:8011"];
  return startJob(
    "BG96",
    servers.map((server) => `route=${server}=127.0.0.1:${web.port}`),
    { apn: "UNINET" },
  );
}

describe("the driver of BG96 does the jobs of guide 3.2", () => {
  const withoutChecks = profile({ ...PRINTED, validation: "none", ca: undefined });
  const withCertificates = profile({ ...PRINTED, ...CLIENT });

  it("3.2.1-get 3.2.1-read-solution-2: a page over TLS, without certificates", async () => {
    const one = await job();
    const get = http("GET", "https://www.alipay.com", { security: withoutChecks });
    expect((await one.services.http.request(get)).body.toString()).toBe(PAGE_TOO_LARGE_FOR_THE_LINE);
    one.followed("3.2.1-get", { order: [2, 3, 4, 7, 8, 9, 5, 0, 1, 6, 10, 11], values: OWN });
    one.followed("3.2.1-read-solution-2", { values: OWN });
    expect(web.handshakes.at(-1)).toEqual({ protocol: "TLSv1", client: undefined });
  });

  it("2.1-write-sslctxid 3.2.1-read-solution-1: a page that the line carries in a second", async () => {
    const one = await job();
    const get = http("GET", "https://www.alipay.com/length", { security: withoutChecks });
    expect(await one.services.http.request(get)).toMatchObject(HELLO_RESPONSE);
    one.followed("3.2.1-read-solution-1", { values: OWN });
    one.followed("2.1-write-sslctxid", { values: { "<sslctxid>": "1" } });
  });

  it("3.2.2.1-post-serial: body and response over the line, with certificates", async () => {
    const one = await job();
    const order = { body: Buffer.from(ORDER), contentType: FORM, security: withCertificates };
    const response = await one.services.http.request(http("POST", SHOP, order));
    expect(response.body.toString()).toBe("Your order is as follows");

    one.followed("3.2.2.1-post-serial", { order: SET_UP, values: OWN });
    expect(one.wire.dataOf("AT+QHTTPURL=")).toEqual([SHOP]);
    expect(web.handshakes.at(-1)).toEqual({ protocol: "TLSv1", client: "Test Client" });
  });

  it("3.2.2.2-post-file: body and response by files, with certificates", async () => {
    const one = await job();
    const order = { body: LARGE, contentType: FORM, security: withCertificates };
    const response = await one.services.http.request(http("POST", SHOP, order));
    expect(response).toMatchObject({ statusCode: 200, body: LARGE });

    one.followed("3.2.2.2-post-file", { order: SET_UP, values: OWN });
    expect(web.handshakes.at(-1)).toEqual({ protocol: "TLSv1", client: "Test Client" });
  });
});
