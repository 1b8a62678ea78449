import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import { type OpenServer, openServer } from "../../support/listen";
import { TLS_FIXTURES } from "../../support/paths";

/** The path of a file among the test certificates, such as `ca.cert`. */
export const pemPath = (name: string): string => join(TLS_FIXTURES, `${name}.pem`);
export const pem = (name: string): string => readFileSync(pemPath(name), "utf8");

/** A TLS server on loopback that answers any request, and remembers of every connection what it was. */
export class SecureServer {
  readonly resumed: boolean[] = [];
  readonly clients: unknown[] = [];
  readonly names: (string | false | null)[] = [];
  /** What came through the handshake. */
  readonly received: Buffer[] = [];
  /** Secrets of the connections, a line each: `NAME <client random> <secret>`, in hexadecimal digits. */
  readonly secrets: string[] = [];
  readonly #server: Server;
  #open: OpenServer | undefined;
  port = 0;

  constructor(options: TlsOptions = {}) {
    this.#server = createServer(
      { cert: pem("server.cert"), key: pem("server.key"), ca: pem("ca.cert"), ...options },
      (socket) => this.#serve(socket),
    );
    this.#server.on("tlsClientError", () => {});
    this.#server.on("keylog", (line) => this.secrets.push(line.toString().trim()));
    // Node.js leaves it to the server's author to remember sessions by their ids; tickets the clients keep themselves.
    const sessions = new Map<string, Buffer>();
    this.#server.on("newSession", (id, session, done) => {
      sessions.set(id.toString("hex"), session);
      done();
    });
    this.#server.on("resumeSession", (id, done) => done(null, sessions.get(id.toString("hex")) ?? null));
  }

  async start(): Promise<void> {
    this.#open = await openServer(this.#server);
    this.port = this.#open.port;
  }

  async stop(): Promise<void> {
    await this.#open?.close();
  }

  #serve(socket: TLSSocket): void {
    this.resumed.push(socket.isSessionReused());
    this.clients.push(socket.getPeerCertificate()?.subject?.CN);
    this.names.push(socket.servername);
    socket.on("error", () => {});
    let head = "";
    socket.on("data", (chunk) => {
      this.received.push(chunk);
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret");
    });
  }
}
