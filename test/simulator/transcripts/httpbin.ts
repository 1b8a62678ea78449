import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { openServer } from "../../support/listen";

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface HttpPeer {
  readonly port: number;
  readonly seen: readonly SeenRequest[];
  stop(): Promise<void>;
}

/** What the guide's server printed in 10.2. */
const PRINTED_DATE = "Tue, 15 Jan 2013 16:06:11 GMT";
const PRINTED_SERVER = "gunicorn/0.16.1";
const PRINTED_ORIGIN = "10.82.21.198";

/** A server that answers as httpbin.org did when the guide was written: it tells back what it was sent. */
export async function startHttpBin(): Promise<HttpPeer> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void collect(request).then((body) => {
      const { method = "", url: path = "", headers } = request;
      seen.push({ method, path, headers, body });
      answer({ method, path, headers, body }, response);
    });
  });
  const { port, close } = await openServer(server);
  return { port, seen, stop: close };
}

async function collect(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function answer(request: SeenRequest, response: ServerResponse): void {
  const credentials = /^\/basic-auth\/([^/]+)\/([^/]+)$/.exec(request.path);
  if (credentials !== null) {
    const expected = Buffer.from(`${credentials[1]}:${credentials[2]}`).toString("base64");
    const right = request.headers.authorization === `Basic ${expected}`;
    send(response, right ? 200 : 401, JSON.stringify({ authenticated: right, user: credentials[1] }));
  } else if (request.path === "/post") send(response, 200, echo(request));
  else send(response, request.path === "/" ? 200 : 404, "<html>httpbin</html>");
}

function echo(request: SeenRequest): string {
  const { headers } = request;
  const body = request.body.toString("latin1");
  const isForm = headers["content-type"] === "application/x-www-form-urlencoded";
  return JSON.stringify(
    {
      headers: {
        "Content-Length": headers["content-length"],
        Host: headers.host,
        "Content-Type": headers["content-type"],
        "User-Agent": headers["user-agent"],
        Connection: headers.connection,
      },
      args: {},
      data: isForm ? "" : body,
      url: `http://${String(headers.host)}${request.path}`,
      files: {},
      json: null,
      form: isForm ? Object.fromEntries(new URLSearchParams(body)) : {},
      origin: PRINTED_ORIGIN,
    },
    null,
    2,
  );
}

function send(response: ServerResponse, status: number, body: string): void {
  response.sendDate = false;
  response.writeHead(
    status,
    [
      ["Content-Type", "application/json"],
      ["Date", PRINTED_DATE],
      ["Server", PRINTED_SERVER],
      ["Content-Length", `${Buffer.byteLength(body)}`],
      ["Connection", "Close"],
    ].flat(),
  );
  response.end(body);
}
