import { once } from "node:events";
import { lstatSync, rmSync } from "node:fs";
import { connect, createServer, type ListenOptions, type Server, type Socket } from "node:net";
import type { SerialLine } from "../line/serial-line";
import type { Face } from "./face";
import { StreamHost } from "./stream-host";

const LOOPBACK = "127.0.0.1";

/** Serves the line to one client at a time; the newest has it. */
class ServerFace implements Face {
  readonly #line: SerialLine;
  readonly #address: () => Promise<ListenOptions>;
  readonly #opened: (server: Server) => string;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();

  constructor(
    readonly name: "tcp" | "unix",
    line: SerialLine,
    address: () => Promise<ListenOptions>,
    opened: (server: Server) => string,
  ) {
    this.#line = line;
    this.#address = address;
    this.#opened = opened;
  }

  async open(): Promise<string> {
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    server.listen(await this.#address());
    await once(server, "listening");
    this.#server = server;
    return this.#opened(server);
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    new StreamHost(this.#line, socket, socket, () => socket.destroy());
  }
}

/** @param port 0 picks one, which is kept when the face opens again */
export function tcpFace(line: SerialLine, port: number): Face {
  let bound = port;
  return new ServerFace(
    "tcp",
    line,
    async () => ({ host: LOOPBACK, port: bound }),
    (server) => {
      const address = server.address();
      if (typeof address === "object" && address !== null) bound = address.port;
      return `${LOOPBACK}:${bound}`;
    },
  );
}

export function unixFace(line: SerialLine, path: string): Face {
  return new ServerFace(
    "unix",
    line,
    async () => {
      await removeStale(path);
      return { path };
    },
    () => path,
  );
}

/** Removes a socket file that a killed program left behind; one that answers is left alone. */
async function removeStale(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const probe = connect(path);
  try {
    await once(probe, "connect");
  } catch {
    rmSync(path, { force: true });
  } finally {
    probe.destroy();
  }
}
