import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer, type Socket } from "node:net";
import { listen } from "../../support/listen";

export { closedPort } from "../../support/listen";

/** A TCP server on loopback that stops, connections and all, with the test. Returns its port. */
export async function tcpServer(onConnection: (socket: Socket) => void): Promise<number> {
  return listen(createServer(onConnection));
}

/** A request that came to an `httpServer`. */
export interface Seen {
  readonly line: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** An HTTP server that ends with the test, and what it was asked. */
export async function httpServer(listener: RequestListener): Promise<{ port: number; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createHttpServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("latin1");
      seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      listener(request, response);
    });
  });
  return { port: await listen(server), seen };
}

/** A server that answers each request header with the given pieces, written one after the other, then closes. */
export function answering(pieces: readonly (Buffer | string)[], close = true): Promise<number> {
  return tcpServer((socket) => {
    socket.once("data", () => {
      socket.setNoDelay(true);
      for (const piece of pieces) socket.write(piece);
      if (close) socket.end();
    });
  });
}

/** All byte values. */
export const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
