import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface Address {
  /** 0, the default, takes one that is free. */
  readonly port?: number;
  readonly host?: string;
}

export interface OpenServer {
  readonly port: number;
  /** Cuts what is still connected, and resolves when nobody listens any more. */
  close(): Promise<void>;
}

/**
 * Lets a server listen on a free loopback port and gives that port. The end of the test closes the server and cuts its
 * connections. It takes any server of `node:net`, `tls`, `http` or `https`.
 */
export async function listen(server: Server, address?: Address): Promise<number> {
  const { port, close } = await openServer(server, address);
  onTestFinished(close);
  return port;
}

/** The same for a server that outlives a test, as one of `beforeAll`: who opens it closes it. */
export async function openServer(server: Server, { port = 0, host = "127.0.0.1" }: Address = {}): Promise<OpenServer> {
  const connections = new Set<Socket>();
  // A connection that breaks is no failure of the test by itself; a test that expects one listens too.
  const ignore = (socket: Socket) => socket.on("error", () => undefined);
  server.on("connection", (socket: Socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
    ignore(socket);
  });
  server.on("secureConnection", ignore);
  server.on("tlsClientError", () => undefined);
  server.listen(port, host);
  await once(server, "listening");
  return {
    port: portOf(server),
    close: async () => {
      for (const socket of connections) socket.destroy();
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** A loopback port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const { port, close } = await openServer(createServer());
  await close();
  return port;
}
