import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createSecureServer, type TLSSocket, type TlsOptions } from "node:tls";
import { openServer } from "../../support/listen";
import { TLS_FIXTURES } from "../../support/paths";

/** A request as it stood on the wire. */
export interface WireRequest {
  /** Request line and header fields. */
  readonly head: string;
  readonly body: string;
}

/** What a server does with a request: writes an answer, byte for byte, and perhaps closes. */
export interface WireAnswer {
  readonly bytes: string;
  /** The connection stays open when left out. */
  readonly closes?: true;
}

/** A TLS connection in the words of the server. */
export interface Handshake {
  readonly protocol: string | null;
  /** Common name of the certificate that was shown; undefined without one. */
  readonly client: unknown;
}

export interface WireServer {
  readonly port: number;
  readonly seen: readonly WireRequest[];
  readonly handshakes: readonly Handshake[];
  /** Resets all connections; resolves when who was connected has had the chance to notice. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

export const pem = (name: string): Buffer => readFileSync(join(TLS_FIXTURES, `${name}.pem`));

/** A server on loopback that answers each request with exact bytes, over TLS when there are options for it. */
export async function wireServer(
  answer: (request: WireRequest) => WireAnswer,
  secure?: TlsOptions,
): Promise<WireServer> {
  const seen: WireRequest[] = [];
  const handshakes: Handshake[] = [];
  const sockets = new Set<Socket>();
  const accept = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    serve(socket, (request) => {
      seen.push(request);
      return answer(request);
    });
  };
  const server = secure === undefined ? createServer(accept) : createSecureServer(secure, accept);
  server.on("secureConnection", (socket: TLSSocket) => {
    handshakes.push({ protocol: socket.getProtocol(), client: socket.getPeerCertificate().subject?.CN });
  });
  const { port, close } = await openServer(server);
  return {
    port,
    seen,
    handshakes,
    reset: () => reset(sockets),
    stop: close,
  };
}

async function reset(sockets: Set<Socket>): Promise<void> {
  for (const socket of sockets) socket.resetAndDestroy();
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

function serve(socket: Socket, answer: (request: WireRequest) => WireAnswer): void {
  let received = "";
  socket.on("data", (bytes: Buffer) => {
    received += bytes.toString("latin1");
    const end = received.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = received.slice(0, end);
    const body = received.slice(end + 4);
    if (body.length < Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)) return;
    received = "";
    const { bytes: answered, closes } = answer({ head, body });
    socket.write(Buffer.from(answered, "latin1"));
    if (closes) socket.end();
  });
}
