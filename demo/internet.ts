import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { TLSSocket } from "node:tls";
import { EchoServer } from "./echo-server";
import { secureServer } from "./secure-server";

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

/** Ports on loopback: those of the small internet, and one for a modem. */
export interface InternetPorts {
  readonly http: number;
  readonly https: number;
  /** TCP and UDP: sends everything back. */
  readonly echo: number;
  /** A modem of the examples listens here. */
  readonly listening: number;
}

/** The demo's small internet, on loopback: the servers of the examples. */
export class DemoInternet {
  readonly #servers = { http: createServer(), https: secureServer() };
  readonly #echo = new EchoServer();
  /** JSON documents that were posted to /sensors. */
  #stored = 0;

  constructor() {
    for (const server of Object.values(this.#servers)) {
      server.on(
        "request",
        (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response),
      );
    }
  }

  /** Resolves with the ports; the system picks one for 0. */
  async listen(ports: InternetPorts): Promise<InternetPorts> {
    const http = await listen(this.#servers.http, ports.http);
    const https = await listen(this.#servers.https, ports.https);
    const echo = await this.#echo.listen(ports.echo);
    return { http, https, echo, listening: await freePort(ports.listening) };
  }

  async close(): Promise<void> {
    await this.#echo.close();
    for (const server of Object.values(this.#servers)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // the client went away before its request was complete
    }
    const answer = this.#pages[target(request).pathname] ?? notFound;
    answer(request, response, Buffer.concat(chunks));
  }

  readonly #pages: Readonly<Record<string, Answer>> = {
    "/": (_request, response) =>
      text(response, `A small internet for the examples:\n${Object.keys(this.#pages).join("\n")}\n`),
    "/hello": (_request, response) => text(response, "Hello from the other side of the modem.\n"),
    "/files/readings.csv": (request, response) => {
      const rows = Number(target(request).searchParams.get("rows") ?? DAY);
      if (!Number.isInteger(rows) || rows < 1 || rows > MOST_ROWS) {
        response.statusCode = 400;
        return text(response, `rows must be a whole number from 1 to ${MOST_ROWS}\n`);
      }
      response.setHeader("content-type", "text/csv");
      response.end(readings(rows));
    },
    "/anything": (request, response, body) => json(response, echo(request, body)),
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
      return text(response, `Hello, ${socket.getPeerCertificate().subject.CN}.\n`);
    },
    "/sensors": (_request, response, body) => {
      try {
        JSON.parse(body.toString());
      } catch {
        response.statusCode = 400;
        return json(response, { error: "the body is not JSON" });
      }
      this.#stored += 1;
      return json(response, { stored: this.#stored });
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** The port itself, or for 0 one that was free a moment ago. Rejects if it is taken. */
async function freePort(port: number): Promise<number> {
  const probe = createServer();
  const free = await listen(probe, port);
  await new Promise((resolve) => probe.close(resolve));
  return free;
}

/** Readings of one day. */
const DAY = 48;
/** About 1.3 MB. */
const MOST_ROWS = 100_000;

function target(request: IncomingMessage): URL {
  return new URL(request.url ?? "/", "http://demo.example");
}

const notFound: Answer = (request, response) => {
  response.statusCode = 404;
  text(response, `There is no ${request.url} here.\n`);
};

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

/** A reading every half hour. */
function readings(count: number): string {
  const rows = Array.from({ length: count }, (_, index) => `${index / 2},${(20 + 5 * Math.sin(index / 8)).toFixed(2)}`);
  return `hour,temperature\n${rows.join("\n")}\n`;
}

function text(response: ServerResponse, body: string): void {
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(body);
}

function json(response: ServerResponse, value: unknown): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}
