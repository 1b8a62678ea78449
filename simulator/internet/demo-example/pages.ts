import type { IncomingMessage, ServerResponse } from "node:http";
import { clearTimeout, setTimeout } from "node:timers";
import { TLSSocket } from "node:tls";
import { binaryFile, readings } from "./files";

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

const HERE = "http://demo.example";
/** Seconds. */
const LONGEST_DELAY = 60;
const LONGEST_CHAIN = 20;
const LINES = 5;
const NO_CONTENT = 204;

/** The pages of demo.example, the same by HTTP and by HTTPS. */
export class Pages {
  /** JSON documents that were posted to /sensors. */
  #stored = 0;

  readonly answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // the client went away before its request was complete
    }
    const path = URL.canParse(request.url ?? "", HERE) ? target(request).pathname : "";
    const found = this.#pages[path] ?? this.#pages[path.replace(/\/[^/]*$/, "/*")] ?? notFound;
    found(request, response, Buffer.concat(chunks));
  };

  readonly #pages: Readonly<Record<string, Answer>> = {
    "/": (_request, response) =>
      text(response, `A small internet for the examples:\n${Object.keys(this.#pages).join("\n")}\n`),
    "/hello": (_request, response) => text(response, "Hello from the other side of the modem.\n"),
    "/files/readings.csv": (request, response) => {
      const rows = parameter(request, response, "rows", { fallback: 48, most: 100_000 });
      if (rows !== undefined) void readings(rows).then((csv) => send(response, "text/csv", csv));
    },
    "/files/firmware.bin": (request, response) => {
      const bytes = parameter(request, response, "bytes", { fallback: 4 * 1024 * 1024, most: 8 * 1024 * 1024 });
      if (bytes !== undefined) send(response, "application/octet-stream", binaryFile(bytes));
    },
    "/anything": (request, response, body) => json(response, echo(request, body)),
    "/headers": (request, response) => json(response, { headers: request.headers }),
    "/cookies": (request, response) => {
      const { searchParams } = target(request);
      response.setHeader(
        "set-cookie",
        [...searchParams].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}; Path=/`),
      );
      json(response, { cookies: cookies(request) });
    },
    "/redirect/*": (request, response) => {
      const left = lastNumber(request, LONGEST_CHAIN);
      if (left === undefined) return noNumber(response);
      response.statusCode = 302;
      response.setHeader("location", left > 1 ? `/redirect/${left - 1}` : "/hello");
      text(response, "It is somewhere else.\n");
    },
    "/chunked": (_request, response) => {
      response.setHeader("content-type", "text/plain; charset=utf-8");
      for (let line = 1; line <= LINES; line += 1) response.write(`line ${line} of ${LINES}\n`);
      response.end();
    },
    "/delay/*": (request, response) => {
      const seconds = lastNumber(request, LONGEST_DELAY);
      if (seconds === undefined) return noNumber(response);
      const timer = setTimeout(() => text(response, `That took ${seconds} s.\n`), seconds * 1000);
      response.once("close", () => clearTimeout(timer));
    },
    "/status/*": (request, response) => {
      const status = lastNumber(request, 599);
      if (status === undefined) return noNumber(response);
      response.statusCode = status >= 200 ? status : 400;
      text(response, `This is the status ${response.statusCode}.\n`);
    },
    "/basic-auth": ({ headers }, response) => {
      const [user, password] = Buffer.from(/^Basic (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "", "base64")
        .toString()
        .split(":");
      if (user === "demo" && password === "demo") return text(response, "Hello, demo.\n");
      response.statusCode = 401;
      response.setHeader("www-authenticate", 'Basic realm="demo"');
      text(response, "The user is demo, and so is the password.\n");
    },
    "/session": ({ socket }, response) =>
      json(response, {
        resumed: socket instanceof TLSSocket && socket.isSessionReused(),
        protocol: socket instanceof TLSSocket ? socket.getProtocol() : "no TLS",
      }),
    "/device": ({ socket }, response) => {
      if (!(socket instanceof TLSSocket && socket.authorized)) {
        response.statusCode = 403;
        return text(response, "This page is for devices with a certificate of the demo's CA.\n");
      }
      text(response, `Hello, ${socket.getPeerCertificate().subject.CN}.\n`);
    },
    "/sensors": (_request, response, body) => {
      try {
        JSON.parse(body.toString());
      } catch {
        response.statusCode = 400;
        return json(response, { error: "the body is not JSON" });
      }
      this.#stored += 1;
      json(response, { stored: this.#stored });
    },
  };
}

function target(request: IncomingMessage): URL {
  return new URL(request.url ?? "/", HERE);
}

const notFound: Answer = (request, response) => {
  response.statusCode = 404;
  text(response, `There is no ${request.url} here.\n`);
};

/** A number in the query; undefined when it is none, and the client has been told. */
function parameter(
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  { fallback, most }: { fallback: number; most: number },
): number | undefined {
  const value = Number(target(request).searchParams.get(name) ?? fallback);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  response.statusCode = 400;
  text(response, `${name} must be a whole number from 1 to ${most}\n`);
  return undefined;
}

/** The number at the end of the path, from 1 to `most`; 1 when it is none. */
/** Undefined where the path ends in none. */
function lastNumber(request: IncomingMessage, most: number): number | undefined {
  const digits = /\/(\d{1,9})$/.exec(target(request).pathname)?.[1];
  return digits === undefined ? undefined : Math.min(Math.max(Number(digits), 1), most);
}

function noNumber(response: ServerResponse): void {
  response.statusCode = 400;
  text(response, "The path must end in a whole number.\n");
}

function echo(request: IncomingMessage, body: Buffer): Record<string, unknown> {
  const url = target(request);
  return {
    method: request.method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: request.headers,
    body: body.toString(),
  };
}

function cookies({ headers }: IncomingMessage): Record<string, string> {
  const pairs = (headers.cookie ?? "").split(";").map((pair) => pair.trim().split("="));
  return Object.fromEntries(
    pairs.filter(([name]) => name !== "").map(([name = "", ...rest]) => [name, rest.join("=")]),
  );
}

function text(response: ServerResponse, body: string): void {
  send(response, "text/plain; charset=utf-8", body);
}

function json(response: ServerResponse, value: unknown): void {
  send(response, "application/json", JSON.stringify(value));
}

function send(response: ServerResponse, type: string, body: string | Buffer): void {
  response.setHeader("content-type", type);
  // Node leaves it out for HEAD and for HTTP/1.0; an answer without content must do without (RFC 9110 8.6).
  if (response.statusCode !== NO_CONTENT) response.setHeader("content-length", Buffer.byteLength(body));
  response.end(body);
}
