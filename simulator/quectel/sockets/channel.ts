import type { TcpConnection } from "../../internet/tcp-udp/connection";
import type { UdpSocket } from "../../internet/tcp-udp/datagrams";
import type { Endpoint } from "../../internet/tcp-udp/tcp-udp";
import type { Modem } from "../../modem";

/** One read: bytes of a stream, or of one datagram with its sender. */
export interface Piece {
  readonly bytes: Buffer;
  readonly from?: Endpoint;
}

/** Events of a channel. */
export interface ChannelEvents {
  received(): void;
  /** There is room to send again. */
  sent(): void;
  /** The peer has closed, or the connection broke. */
  ended(): void;
}

/** Carries the data of one socket. */
export interface Channel {
  readonly localPort: number;
  /** Bytes */
  readonly unread: number;
  /** Bytes, since the beginning. */
  readonly received: number;
  readonly sent: number;
  readonly unacknowledged: number;
  watch(events: ChannelEvents): void;
  read(most: number): Piece | undefined;
  /**
   * Takes all bytes, or none (false).
   * @throws {SocketError} if a datagram can't be sent
   */
  send(bytes: Buffer, to?: Endpoint): Promise<boolean>;
  /** Closes the sending direction. */
  finish(): void;
  /** Resolves once both ends have closed. @param timeout ms after which it is cut off */
  close(modem: Modem, timeout: number): Promise<void>;
}

export class StreamChannel implements Channel {
  readonly #connection: TcpConnection;
  #peerIsThrough: () => void = () => undefined;

  constructor(connection: TcpConnection) {
    this.#connection = connection;
  }

  get localPort(): number {
    return this.#connection.localPort;
  }

  get unread(): number {
    return this.#connection.unread;
  }

  get received(): number {
    return this.#connection.received;
  }

  get sent(): number {
    return this.#connection.sent;
  }

  get unacknowledged(): number {
    return this.#connection.unacknowledged;
  }

  watch({ received, sent, ended }: ChannelEvents): void {
    this.#connection.watch({
      received,
      sent,
      ended: () => {
        this.#peerIsThrough();
        ended();
      },
    });
  }

  read(most: number): Piece | undefined {
    const bytes = this.#connection.read(most);
    return bytes.length === 0 ? undefined : { bytes };
  }

  async send(bytes: Buffer): Promise<boolean> {
    return this.#connection.write(bytes);
  }

  finish(): void {
    this.#connection.finish();
  }

  async close(modem: Modem, timeout: number): Promise<void> {
    if (timeout > 0 && !this.#connection.ended) await this.#peerCloses(modem, timeout);
    await this.#connection.close(this.#connection.ended ? timeout : 0);
  }

  /** Discards what the peer still sends. */
  #peerCloses(modem: Modem, timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = modem.later(timeout, resolve);
      this.#peerIsThrough = () => {
        stop();
        resolve();
      };
      const swallow = () => void this.#connection.read(Number.POSITIVE_INFINITY);
      this.#connection.watch({ received: swallow, sent: () => undefined, ended: this.#peerIsThrough });
      swallow();
      this.#connection.finish();
    });
  }
}

export class DatagramChannel implements Channel {
  readonly #socket: UdpSocket;
  readonly #peer: Endpoint | undefined;
  #received = 0;
  #sent = 0;

  constructor(
    socket: UdpSocket,
    /** The receiver of all datagrams; if left out, each names its own. */
    peer?: Endpoint,
  ) {
    this.#socket = socket;
    this.#peer = peer;
  }

  get localPort(): number {
    return this.#socket.localPort;
  }

  get unread(): number {
    return this.#socket.unread;
  }

  get received(): number {
    return this.#received;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Datagrams are not acknowledged. */
  get unacknowledged(): number {
    return 0;
  }

  watch({ received }: ChannelEvents): void {
    this.#socket.received = (before) => {
      this.#received += this.#socket.unread - before;
      received();
    };
  }

  read(most: number): Piece | undefined {
    return this.#socket.read(most);
  }

  async send(bytes: Buffer, to = this.#peer): Promise<boolean> {
    if (to === undefined) return false;
    await this.#socket.send(bytes, to);
    this.#sent += bytes.length;
    return true;
  }

  finish(): void {
    this.#socket.close();
  }

  async close(): Promise<void> {
    this.#socket.close();
  }
}
