import { createServer, type Server, type Socket } from "node:net";
import { type ConnectionLimits, TcpConnection } from "./connection";
import { DelayLine, type Endpoint, ownPort, type SocketSurroundings, socketError } from "./tcp-udp";

/** Listens on a local port of the modem, which is on loopback unless a route for 0.0.0.0 moves it. */
export class TcpListener {
  readonly #server: Server;
  readonly #limits: ConnectionLimits;
  readonly #around: SocketSurroundings;
  readonly #accept: (connection: TcpConnection) => boolean;
  readonly #arrivals: DelayLine;

  private constructor(
    server: Server,
    limits: ConnectionLimits,
    around: SocketSurroundings,
    accept: (connection: TcpConnection) => boolean,
  ) {
    this.#server = server;
    this.#limits = limits;
    this.#around = around;
    this.#accept = accept;
    this.#arrivals = new DelayLine(around);
    const stop = () => this.close();
    around.signal.addEventListener("abort", stop, { once: true });
    server.once("close", () => around.signal.removeEventListener("abort", stop));
    server.on("connection", (socket) => this.#admit(socket.pause()));
    if (around.signal.aborted) this.close();
  }

  /**
   * @param accept takes a new connection, or returns false to have it reset
   * @throws {SocketError} `address-in-use`, `address-not-available`
   */
  static async open(
    port: number,
    limits: ConnectionLimits,
    around: SocketSurroundings,
    accept: (connection: TcpConnection) => boolean,
  ): Promise<TcpListener> {
    const { address: host, port: actual }: Endpoint = ownPort(around.internet, port);
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(socketError(error)));
      server.listen({ host, port: actual }, resolve);
    });
    return new TcpListener(server, limits, around, accept);
  }

  /** Accepts no more peers; accepted connections stay. */
  close(): void {
    this.#server.close();
  }

  #admit(socket: Socket): void {
    const connection = new TcpConnection(socket, this.#limits, this.#around);
    this.#arrivals.push(() => {
      if (!this.#server.listening || !this.#accept(connection)) void connection.close(0);
    });
  }
}
