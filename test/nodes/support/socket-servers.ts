import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** A TCP server on loopback. `sockets` are the connections that stand. */
export class TcpServer {
  readonly sockets: Socket[] = [];
  readonly received: Buffer[] = [];
  #server: Server;
  #waiting: ((socket: Socket) => void)[] = [];
  #fresh: Socket[] = [];
  port = 0;

  constructor() {
    this.#server = this.#create();
  }

  async start(port = 0): Promise<void> {
    if (!this.#server.listening) this.#server = this.#create();
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    this.port = (this.#server.address() as AddressInfo).port;
  }

  /** The next connection that nobody has taken yet. */
  next(): Promise<Socket> {
    const socket = this.#fresh.shift();
    if (socket !== undefined) return Promise.resolve(socket);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async stop(): Promise<void> {
    for (const socket of [...this.sockets]) socket.destroy();
    this.#fresh = [];
    if (!this.#server.listening) return;
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #create(): Server {
    return createServer((socket) => {
      this.sockets.push(socket);
      socket.on("error", () => {});
      socket.on("data", (data) => this.received.push(data));
      socket.on("close", () => this.sockets.splice(this.sockets.indexOf(socket), 1));
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#fresh.push(socket);
      else waiting(socket);
    });
  }
}

/** A UDP socket on loopback that keeps, or with `echo` sends back, what comes in. */
export class UdpPeer {
  readonly socket: UdpSocket = createSocket("udp4");
  readonly received: Buffer[] = [];

  constructor(echo: boolean) {
    this.socket.on("message", (data: Buffer, { address, port }: RemoteInfo) => {
      this.received.push(data);
      if (echo) this.socket.send(data, port, address);
    });
  }

  async start(): Promise<number> {
    this.socket.bind(0, "127.0.0.1");
    await once(this.socket, "listening");
    return this.port;
  }

  /** From `start` on. */
  get port(): number {
    return this.socket.address().port;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(() => resolve()));
  }
}
