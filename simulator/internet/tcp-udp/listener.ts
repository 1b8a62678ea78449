import { createServer } from "node:net";
import { ownAddresses, ownInternet } from "../own-internet";
import type { StreamSocket } from "../own-traffic";
import { type ConnectionLimits, TcpConnection } from "./connection";
import { DelayLine, type Endpoint, ownPort, type SocketSurroundings, socketError } from "./tcp-udp";

/**
 * Listens on a local port of the modem, which is on loopback unless a route for 0.0.0.0 moves it; if that leads to one of
 * the own hosts, no port of this machine is open.
 */
export class TcpListener {
  readonly #stop: () => void;
  readonly #leave: () => void;
  readonly #limits: ConnectionLimits;
  readonly #around: SocketSurroundings;
  readonly #accept: (connection: TcpConnection) => boolean;
  readonly #arrivals: DelayLine;
  #closed = false;

  private constructor(
    start: Start,
    limits: ConnectionLimits,
    around: SocketSurroundings,
    accept: (connection: TcpConnection) => boolean,
  ) {
    this.#limits = limits;
    this.#around = around;
    this.#accept = accept;
    this.#arrivals = new DelayLine(around);
    this.#stop = start((socket) => this.#admit(socket.pause()));
    this.#leave = () => this.close();
    around.signal.addEventListener("abort", this.#leave, { once: true });
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
    const end = ownPort(around.internet, port);
    const start = (await ownStart(end)) ?? (await realStart(end));
    try {
      return new TcpListener(start, limits, around, accept);
    } catch (error) {
      throw socketError(error as NodeJS.ErrnoException);
    }
  }

  /** Accepts no more peers; accepted connections stay. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#around.signal.removeEventListener("abort", this.#leave);
    this.#stop();
  }

  #admit(socket: StreamSocket): void {
    const connection = new TcpConnection(socket, this.#limits, this.#around);
    this.#arrivals.push(() => {
      if (this.#closed || !this.#accept(connection)) void connection.close(0);
    });
  }
}

/** Begins to accept connections, and returns what ends that. */
type Start = (admit: (socket: StreamSocket) => void) => () => void;

/** Where one of the own hosts is named by the route. */
async function ownStart({ address: name, port }: Endpoint): Promise<Start | undefined> {
  const [address = name] = ownAddresses(name) ?? [];
  const own = await ownInternet(address);
  return own && ((admit) => own.listen({ address, port }, admit));
}

/** @throws {SocketError} */
async function realStart({ address: host, port }: Endpoint): Promise<Start> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(socketError(error)));
    server.listen({ host, port }, resolve);
  });
  return (admit) => {
    server.on("connection", admit);
    return () => server.close();
  };
}
