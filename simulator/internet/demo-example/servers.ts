import { createHash } from "node:crypto";
import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createSecureServer, type ServerOptions } from "node:https";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import type { StreamSocket } from "../own-traffic";
import { CA, PUBLIC_SERVER_KEY, SERVER } from "./certificates";
import { echoStream } from "./echo";
import type { Pages } from "./pages";

const BAD_REQUEST = "400 Bad Request";
const MISTAKES: Readonly<Record<string, string>> = { HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large" };

/** Serves one connection. */
export type Service = (socket: StreamSocket) => void;

/** Sessions that a server keeps for clients without tickets. */
const MOST_SESSIONS = 100;

/** HTTP. */
export function plainServer(pages: Pages): Service {
  const server = answersMistakes(createServer(pages.answer));
  return (socket) => server.emit("connection", socket);
}

/** HTTPS. It asks for a client certificate but does not need one. */
export function secureServer(pages: Pages): Service {
  return serve(answersMistakes(createSecureServer(credentials(), pages.answer)));
}

/** Node's own answer to what is no request would be lost: it is written to a connection that is then cut off. */
function answersMistakes<T extends TlsServer | HttpServer>(server: T): T {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    const status = error.code?.startsWith("HPE_") === true ? (MISTAKES[error.code] ?? BAD_REQUEST) : undefined;
    if (status === undefined || !socket.writable) socket.destroy(error);
    else socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
  return server;
}

/** The echo protocol over TLS. */
export function secureEcho(): Service {
  return secured(echoStream);
}

/** Another service over TLS. */
export function secured(service: Service): Service {
  return serve(createTlsServer(credentials(), service));
}

/**
 * The certificate is of the demo's CA, which the examples hold. Session tickets stay valid after the process has ended,
 * so that a flow can show what survives a restart of everything.
 */
function credentials(): ServerOptions {
  return {
    key: PUBLIC_SERVER_KEY,
    cert: SERVER,
    ca: CA,
    requestCert: true,
    rejectUnauthorized: false,
    // By default both are new in each process, which would make the earlier process's sessions useless.
    ticketKeys: createHash("sha384").update(PUBLIC_SERVER_KEY).digest(),
    sessionIdContext: "demo",
  };
}

function serve(server: TlsServer): Service {
  const sessions = new Map<string, Buffer>();
  server.on("newSession", (id: Buffer, data: Buffer, done: () => void) => {
    const [oldest] = sessions.keys();
    if (sessions.size >= MOST_SESSIONS && oldest !== undefined) sessions.delete(oldest);
    sessions.set(id.toString("hex"), data);
    done();
  });
  server.on("resumeSession", (id: Buffer, done: (error: Error | null, data: Buffer | null) => void) => {
    done(null, sessions.get(id.toString("hex")) ?? null);
  });
  return (socket) => {
    // A client that hangs up in the handshake is not an error.
    socket.on("error", () => undefined);
    server.emit("connection", socket);
  };
}
