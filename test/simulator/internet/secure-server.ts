import { constants, randomBytes } from "node:crypto";
import { createServer, type ServerOptions } from "node:https";
import type { TLSSocket } from "node:tls";
import { openServer } from "../../support/listen";

/** TLS 1.0 and 1.1 need what OpenSSL switches off by default. */
export const OLD = { ciphers: "DEFAULT:@SECLEVEL=0" } as const;

/** A request and its connection, in the words of the server. */
export interface SecureRequest {
  readonly path: string | undefined;
  /** The server took an earlier session up. */
  readonly reused: boolean;
  readonly protocol: string | null;
  readonly suite: string;
  /** false: the client sent none. */
  readonly serverName: string | false;
  /** Common name of the certificate that the client showed. */
  readonly client: unknown;
}

export interface SecureServer {
  readonly port: number;
  readonly seen: readonly SecureRequest[];
  /** Those of the sessions that it keeps, in hexadecimal. */
  sessionIds(): string[];
  /** Forgets all sessions, and the keys of all tickets. */
  forget(): void;
  stop(): Promise<void>;
}

export interface SecureServerManner {
  /** Gives tickets, which is the default; without them a server of TLS 1.2 keeps sessions by their id. */
  readonly tickets?: boolean;
  /** Calls `finish` when the answer is to go out; at once when left out. */
  readonly answer?: (finish: () => void) => void;
}

/** A server on loopback that says hello, and keeps sessions. */
export async function startSecureServer(
  options: ServerOptions,
  manner: SecureServerManner = {},
): Promise<SecureServer> {
  const { tickets = true, answer = (finish) => finish() } = manner;
  const seen: SecureRequest[] = [];
  const sessions = new Map<string, Buffer>();
  const noTickets = tickets ? {} : { secureOptions: constants.SSL_OP_NO_TICKET };
  const server = createServer({ ...options, ...noTickets }, (request, response) => {
    const socket = request.socket as TLSSocket & { servername: string | false };
    seen.push({
      path: request.url,
      reused: socket.isSessionReused(),
      protocol: socket.getProtocol(),
      suite: socket.getCipher().standardName,
      serverName: socket.servername,
      client: socket.getPeerCertificate().subject?.CN,
    });
    answer(() => response.end("hello"));
  });
  server.on("newSession", (id: Buffer, data: Buffer, done: () => void) => {
    sessions.set(id.toString("hex"), data);
    done();
  });
  server.on("resumeSession", (id: Buffer, done: (error: null, data: Buffer | null) => void) => {
    done(null, sessions.get(id.toString("hex")) ?? null);
  });
  const { port, close } = await openServer(server);
  return {
    port,
    seen,
    sessionIds: () => [...sessions.keys()],
    forget() {
      sessions.clear();
      server.setTicketKeys(randomBytes(48));
    },
    stop: close,
  };
}
