import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** The computer that the modem's connections lead to. */
export class FarEnd {
  readonly #server: Server;
  readonly #accepted: Socket[] = [];
  #waiting: ((socket: Socket) => void) | undefined;

  constructor() {
    this.#server = createServer((socket) => {
      // A modem that is switched off leaves without a word.
      socket.on("error", () => socket.destroy());
      if (this.#waiting === undefined) this.#accepted.push(socket);
      else this.#waiting(socket);
      this.#waiting = undefined;
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** The next connection, in their order. */
  async next(): Promise<Socket> {
    return this.#accepted.shift() ?? new Promise((resolve) => (this.#waiting = resolve));
  }

  close(): void {
    for (const socket of this.#accepted) socket.destroy();
    this.#server.close();
  }
}
