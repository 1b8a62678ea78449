import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { UdpSocket } from "../tcp-udp/datagrams";
import { LOOPBACK } from "../tcp-udp/tcp-udp";

/** Type of a record with data (RFC 6347 4.1). */
const APPLICATION_DATA = 23;
/** For a record that the client drops, such as one that came twice. */
const DROPPED_MS = 1000;

/**
 * Stands between the client's process and the modem's UDP socket, so that routes, latency and troubles of the network
 * count for DTLS too. It gives the process one record with data at a time, since what it prints of two would be one.
 */
export class Relay {
  readonly #local: Socket;
  readonly #carrier: UdpSocket;
  readonly #arrived: Buffer[] = [];
  #client: number | undefined;
  #waiting: NodeJS.Timeout | undefined;
  #closed = false;
  /** A record with data went out. */
  sent: () => void = () => undefined;

  private constructor(local: Socket, carrier: UdpSocket) {
    this.#local = local;
    this.#carrier = carrier;
    local.on("error", () => undefined);
    local.on("message", (bytes, { port }) => this.#takeFromClient(bytes, port));
    carrier.received = () => this.#takeFromPeer();
  }

  /** @param carrier connected to the peer; what it receives is the relay's from now on */
  static async open(carrier: UdpSocket): Promise<Relay> {
    const local = createSocket("udp4");
    local.bind(0, LOOPBACK);
    await once(local, "listening");
    return new Relay(local, carrier);
  }

  /** Where the client has to connect to. */
  get port(): number {
    return this.#local.address().port;
  }

  /** The client has printed what it was given. */
  printed(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#pump();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#waiting);
    this.#local.close();
    this.#carrier.close();
  }

  #takeFromClient(bytes: Buffer, port: number): void {
    this.#client ??= port;
    if (this.#closed || this.#client !== port) return;
    this.#carrier.sendToPeer(bytes);
    if (bytes[0] === APPLICATION_DATA) this.sent();
  }

  #takeFromPeer(): void {
    for (let next = this.#carrier.read(Number.POSITIVE_INFINITY); next !== undefined; ) {
      this.#arrived.push(next.bytes);
      next = this.#carrier.read(Number.POSITIVE_INFINITY);
    }
    this.#pump();
  }

  #pump(): void {
    while (!this.#closed && this.#waiting === undefined && this.#client !== undefined) {
      const next = this.#arrived.shift();
      if (next === undefined) return;
      this.#local.send(next, this.#client, LOOPBACK);
      if (next[0] === APPLICATION_DATA) this.#waiting = setTimeout(() => this.printed(), DROPPED_MS).unref();
    }
  }
}
