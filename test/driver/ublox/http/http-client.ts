import type { HttpRequest } from "../../../../driver/services/http/http";
import type { PeerOptions } from "../../peer";
import { bench } from "../bench";
import { addHttpClient, type HttpCall, type Served } from "../lara";

export const get = (options: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "GET",
  url: "http://httpbin.org/",
  headers: [],
  timeout: 20_000,
  ...options,
});

export function ok(body: Buffer | string = "hello"): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n\r\n`), bytes]);
}

/** A modem whose HTTP client gets `content` for everything. */
export function client(
  serve: (call: HttpCall) => Served | undefined = () => ({ content: ok() }),
  options: PeerOptions = {},
) {
  const parts = bench(options);
  const files = addHttpClient(parts.peer, serve);
  return { ...parts, files, http: parts.driver.services.http };
}

/** A number that stands for "later" without a sleep: every pending I/O turn is over. */
export const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
};
