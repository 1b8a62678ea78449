import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Socket } from "node:net";
import { type OpenServer, openServer } from "../../support/listen";

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export type Handler = (request: SeenRequest, response: ServerResponse) => void;

/** A real web server on loopback. `seen` holds every request that has arrived whole. */
export class TestServer {
  readonly seen: SeenRequest[] = [];
  readonly #server: Server;
  #open: OpenServer | undefined;
  port = 0;
  #handler: Handler;

  constructor(handler: Handler = (_request, response) => response.end()) {
    this.#handler = handler;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { method = "", url = "", headers } = request;
        const seen = { method, url, headers, body: Buffer.concat(chunks) };
        this.seen.push(seen);
        this.#handler(seen, response);
      });
    });
  }

  answer(handler: Handler): void {
    this.#handler = handler;
    this.seen.length = 0;
  }

  /** Breaks off what is still waiting for an answer. */
  drop(): void {
    this.#server.closeAllConnections();
  }

  async start(): Promise<void> {
    this.#open = await openServer(this.#server);
    this.port = this.#open.port;
  }

  async stop(): Promise<void> {
    await this.#open?.close();
  }
}

/** A server that says, byte for byte, what the test wants, and then does with the connection what the test wants. */
export async function rawServer(onRequest: (socket: Socket) => void): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createTcpServer((socket) => {
    let head = "";
    socket.on("data", (chunk) => {
      if (head.includes("\r\n\r\n")) return;
      head += chunk.toString("latin1");
      if (head.includes("\r\n\r\n")) onRequest(socket);
    });
  });
  const { port, close } = await openServer(server);
  return { port, stop: close };
}
