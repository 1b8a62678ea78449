import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** The far end of a modem's sockets: TCP and UDP at the same port of loopback. */
export class RemoteHost {
  /** The connection of late, whoever opened it. */
  connection: Socket | undefined;
  /** All that came in. */
  readonly received: Buffer[] = [];
  /** Where the last datagram came from. */
  modemPort: number | undefined;
  readonly #connections = new Set<Socket>();
  #ended = false;
  readonly #server: Server;
  readonly #datagrams: UdpSocket;

  private constructor(server: Server, datagrams: UdpSocket, echo: boolean) {
    this.#server = server;
    this.#datagrams = datagrams;
    server.on("connection", (socket) => this.#keep(socket));
    datagrams.on("message", (bytes, { port }) => {
      this.received.push(bytes);
      this.modemPort = port;
      if (echo) datagrams.send(bytes, port, "127.0.0.1");
    });
  }

  /** @param echo datagrams come back */
  static async start(echo: boolean): Promise<RemoteHost> {
    const server = createServer();
    const datagrams = createSocket("udp4");
    for (;;) {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      datagrams.bind((server.address() as AddressInfo).port, "127.0.0.1");
      // What is free by TCP may be in use by UDP.
      const isFree = await once(datagrams, "listening").then(
        () => true,
        () => false,
      );
      if (isFree) return new RemoteHost(server, datagrams, echo);
      await new Promise((resolve) => server.close(resolve));
    }
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The modem's end of the connection is closed. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Connects to a port that the modem listens on. */
  async call(port: number): Promise<void> {
    const socket = connect({ host: "127.0.0.1", port });
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    this.#keep(socket);
  }

  /** By the connection there is, else as a datagram to where the last one came from. */
  send(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: Error | null) => (error ? reject(error) : resolve());
      if (this.connection !== undefined) this.connection.write(bytes, done);
      else this.#datagrams.send(bytes, this.modemPort, "127.0.0.1", done);
    });
  }

  /** Nobody is there for new connections any more. */
  refuse(): Promise<unknown> {
    return new Promise((resolve) => this.#server.close(resolve));
  }

  async stop(): Promise<void> {
    // Whoever else has come to this port keeps it open, too.
    for (const connection of this.#connections) connection.destroy();
    this.#datagrams.close();
    if (this.#server.listening) await this.refuse();
  }

  #keep(socket: Socket): void {
    this.connection = socket;
    this.#connections.add(socket);
    socket.on("data", (bytes: Buffer) => this.received.push(bytes));
    socket.once("end", () => {
      this.#ended = true;
    });
    socket.on("error", () => socket.destroy());
  }
}
