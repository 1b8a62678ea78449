import { afterAll, beforeAll } from "vitest";
import type { HttpRequest, HttpResponse } from "../../../driver/services/http/http";
import {
  type WireAnswer,
  type WireRequest,
  type WireServer,
  wireServer,
} from "../../simulator/transcripts/bg96-servers";
import { closedPort } from "../../support/listen";
import { http, type Job, startJob } from "./job";

export const HELLO = "hello, BG96";
export const PAGE = "x".repeat(547_256);
export const ORDER = "Message=1111&Appleqty=2222&Orangeqty=3333&find=1";
export const FORM = "application/x-www-form-urlencoded";
export const WEB = "http://web.test";
export const SINA = "http://www.sina.com.cn/";
export const ECHO = "http://api.efxnow.com/DEMOWebServices2.8/Service.asmx/Echo?";
/** More than the line carries in 2 s: it goes through a file. */
export const LARGE = Buffer.alloc(30_000, "0123456789");

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

export function ok(body: string): WireAnswer {
  return { bytes: `HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: ${body.length}\r\n\r\n${body}` };
}

/** Runs for as long as the test file that imports this. */
export let web: WireServer;

beforeAll(async () => {
  web = await wireServer(({ head, body }) => {
    const path = head.split(" ")[1] ?? "";
    return PAGES[path]?.({ head, body }) ?? { bytes: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" };
  });
});
afterAll(() => web.stop());

export function job(options: readonly string[] = [], settings = {}): Promise<Job> {
  const names = ["www.sina.com.cn:80", "api.efxnow.com:80", "web.test:80", "220.180.239.212:8011"];
  return startJob("BG96", [...names.map((name) => `route=${name}=127.0.0.1:${web.port}`), ...options], settings);
}

/** A modem whose way to `web.test` leads nowhere. */
export async function jobWithoutServer(): Promise<Job> {
  return startJob("BG96", [`route=web.test:80=127.0.0.1:${await closedPort()}`]);
}

export const get = ({ services }: Job, path: string, more?: Partial<HttpRequest>): Promise<HttpResponse> =>
  services.http.request(http("GET", `${WEB}${path}`, more));

export const post = ({ services }: Job, path: string, body: string | Buffer, more?: Partial<HttpRequest>) =>
  services.http.request(http("POST", `${WEB}${path}`, { body: Buffer.from(body), contentType: FORM, ...more }));

/** The modem gets `line` in place of those that begin so, as over a bad line; at that moment `also` is done. */
export function garble({ wire }: Job, beginning: string, line: string, also = (): void => undefined): void {
  wire.garble = (sent) => {
    if (!sent.startsWith(beginning)) return sent;
    also();
    return line;
  };
}

/** Does something at the moment when a command goes out. */
export function upon({ wire }: Job, beginning: string, work: () => void): void {
  wire.garble = (sent) => {
    if (sent.startsWith(beginning)) work();
    return sent;
  };
}

export const HELLO_RESPONSE = { statusCode: 200, body: Buffer.from(HELLO) };
