import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** The echo protocol (RFC 862) by TCP and UDP, on loopback. */
export class EchoServer {
  readonly #tcp = createServer((socket) => this.#serve(socket));
  readonly #udp = createSocket("udp4");
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#udp.on("message", (data, { port, address }) => this.#udp.send(data, port, address));
  }

  /**
   * Resolves with the port, which is the same for TCP and UDP.
   * @param wanted 0 picks one that is free for both
   */
  async listen(wanted: number): Promise<number> {
    for (;;) {
      this.#tcp.listen(wanted, "127.0.0.1");
      await once(this.#tcp, "listening");
      const { port } = this.#tcp.address() as AddressInfo;
      try {
        this.#udp.bind(port, "127.0.0.1");
        await once(this.#udp, "listening");
        return port;
      } catch (error) {
        await new Promise((resolve) => this.#tcp.close(resolve));
        if (wanted !== 0) throw error;
      }
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#tcp.close(resolve));
    await new Promise<void>((resolve) => this.#udp.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    // A client that goes away is not an error.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
    socket.pipe(socket);
  }
}
