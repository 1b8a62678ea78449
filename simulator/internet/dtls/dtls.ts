import { connecting, inTime } from "../tcp-udp/connect";
import { type Datagram, DatagramQueue } from "../tcp-udp/datagram-queue";
import type { DatagramSocket, UdpSocket } from "../tcp-udp/datagrams";
import { type Endpoint, SocketError, type SocketSurroundings } from "../tcp-udp/tcp-udp";
import { asSocketError } from "../tls/open-secure";
import type { TlsSettings } from "../tls/types";
import { ClientProcess } from "./client-process";
import { clientOptions } from "./options";
import { Relay } from "./relay";

export interface DtlsTarget {
  /** Name or address, and port, as the modem's host asked for them. */
  readonly peer: Endpoint;
  /** ms for the handshake */
  readonly timeout: number;
  /** Bytes of unread datagrams; a datagram without room is lost. */
  readonly receive: number;
}

/** For the program to take what it was given; counts only when it has got stuck. */
const TAKEN_MS = 1000;

/**
 * DTLS 1.2 over a UDP socket of the modem: `openssl s_client`, with a relay between it and the socket. Sessions are not
 * resumed.
 */
export class DtlsSocket implements DatagramSocket {
  readonly #relay: Relay;
  readonly #carrier: UdpSocket;
  readonly #peer: Endpoint;
  readonly #queue: DatagramQueue;
  readonly #outgoing: Buffer[] = [];
  readonly #process: ClientProcess;
  readonly #around: SocketSurroundings;
  readonly #leave = () => this.#abort();
  /** What the program was given and no record has carried yet; more would go into the same record. */
  #writing: { readonly length: number; readonly stuck: NodeJS.Timeout } | undefined;
  #pending = 0;
  #sent = 0;
  #closed = false;
  received: DatagramSocket["received"] = () => undefined;
  sent: () => void = () => undefined;
  ended: () => void = () => undefined;
  over = false;

  private constructor(
    carrier: UdpSocket,
    relay: Relay,
    args: readonly string[],
    { peer, receive }: DtlsTarget,
    around: SocketSurroundings,
  ) {
    this.#carrier = carrier;
    this.#relay = relay;
    this.#peer = peer;
    this.#around = around;
    this.#queue = new DatagramQueue(receive);
    relay.sent = () => this.#wrote();
    this.#process = new ClientProcess(relay.port, args, {
      data: (bytes) => this.#take(bytes),
      ended: () => this.#end(),
    });
    around.signal.addEventListener("abort", this.#leave, { once: true });
  }

  /**
   * Connects and secures the socket, which is this one's from now on.
   * @throws {SocketError} `tls` for a handshake that failed, else as `UdpSocket.connect`; the socket is closed then
   */
  static async open(
    settings: TlsSettings,
    target: DtlsTarget,
    carrier: UdpSocket,
    around: SocketSurroundings,
  ): Promise<DtlsSocket> {
    if (around.signal.aborted) throw new SocketError("aborted", "the modem was switched off");
    const attempt = async (limited: SocketSurroundings) => {
      const options = clientOptions(settings);
      try {
        await carrier.connect(target.peer);
        await connecting(limited);
        const socket = new DtlsSocket(carrier, await Relay.open(carrier), options.args, target, around);
        await socket.#process.established(limited.signal).catch((error: unknown) => {
          socket.#abort();
          throw error;
        });
        return socket;
      } finally {
        options.dispose();
      }
    };
    try {
      return await inTime(target.timeout, around, attempt);
    } catch (error) {
      carrier.close();
      throw asSocketError(error);
    }
  }

  get pending(): number {
    return this.#pending + this.#carrier.pending;
  }

  get sentBytes(): number {
    return this.#sent;
  }

  get receivedBytes(): number {
    return this.#queue.received;
  }

  get unread(): number {
    return this.#queue.unread;
  }

  get first(): Datagram | undefined {
    return this.#queue.first;
  }

  read(most: number): Datagram | undefined {
    return this.#queue.read(most);
  }

  /** To the peer of the session only. @throws {SocketError} `unreachable` */
  async send(bytes: Buffer, { address, port }: Endpoint): Promise<void> {
    if (address !== this.#peer.address || port !== this.#peer.port) {
      throw new SocketError("unreachable", "DTLS has one peer");
    }
    this.sendToPeer(bytes);
  }

  sendToPeer(bytes: Buffer): void {
    if (this.#closed || this.over) return;
    this.#pending += bytes.length;
    this.#sent += bytes.length;
    this.#outgoing.push(bytes);
    this.#pump();
  }

  setBroadcast(on: boolean): void {
    this.#carrier.setBroadcast(on);
  }

  setTtl(hops: number): void {
    this.#carrier.setTtl(hops);
  }

  /** What was sent goes out first; then the peer is told. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#around.signal.removeEventListener("abort", this.#leave);
    if (this.#pending === 0) this.#goodbye();
  }

  #goodbye(): void {
    this.#process.close();
    // Its farewell goes through the relay.
    this.#process.gone(() => this.#relay.close());
  }

  #abort(): void {
    this.#closed = true;
    this.#around.signal.removeEventListener("abort", this.#leave);
    this.#process.kill();
    this.#relay.close();
  }

  #pump(): void {
    const next = this.#writing === undefined ? this.#outgoing.shift() : undefined;
    if (next === undefined) return;
    this.#writing = { length: next.length, stuck: setTimeout(() => this.#wrote(), TAKEN_MS).unref() };
    this.#process.write(next);
  }

  #wrote(): void {
    if (this.#writing === undefined) return;
    clearTimeout(this.#writing.stuck);
    this.#pending -= this.#writing.length;
    this.#writing = undefined;
    this.sent();
    this.#pump();
    if (this.#closed && this.#pending === 0) this.#goodbye();
  }

  #take(bytes: Buffer): void {
    const before = this.#queue.unread;
    if (!this.#closed && this.#queue.push({ from: this.#peer, bytes })) this.received(before);
    this.#relay.printed();
  }

  #end(): void {
    this.over = true;
    if (!this.#closed) this.ended();
    this.#relay.close();
  }
}
