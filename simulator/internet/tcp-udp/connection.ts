import { TLSSocket } from "node:tls";
import type { StreamSocket } from "../own-traffic";
import { ByteQueue } from "./bytes";
import { connectTarget, type TcpTarget } from "./connect";
import { DelayLine, type Endpoint, type SocketError, type SocketSurroundings, socketError } from "./tcp-udp";

/** Sizes of the modem's buffers, in bytes: received and not read, and sent and not acknowledged. */
export interface ConnectionLimits {
  readonly receive: number;
  readonly send: number;
}

/** Events of a connection; none after `close` or the end of its surroundings. */
export interface ConnectionEvents {
  /** Bytes arrived that can be read; `before` bytes were unread already. */
  received(before: number): void;
  /** Bytes left the send buffer. */
  sent(): void;
  /** No more data will arrive: the peer closed or, with the error, the connection broke. Called once. */
  ended(error: SocketError | undefined): void;
}

/** Bounds how long a closing connection waits for the peer to take the remaining data. */
const LINGER_MS = 10_000;

/**
 * A TCP connection with the buffers of a modem: a full receive buffer stops the peer, a full send buffer refuses data.
 */
export class TcpConnection {
  readonly #socket: StreamSocket;
  readonly #limits: ConnectionLimits;
  readonly remote: Endpoint;
  /** The port of this end. */
  readonly localPort: number;
  readonly #store = new ByteQueue();
  readonly #up: DelayLine;
  readonly #down: DelayLine;
  readonly #signal: AbortSignal;
  readonly #leave: () => void;
  #events: ConnectionEvents | undefined;
  /** Bytes on their way through the latency of the network. */
  #arriving = 0;
  #pending = 0;
  #sent = 0;
  #received = 0;
  #ended = false;
  #failure: SocketError | undefined;
  #told = false;
  #closed = false;

  /**
   * Takes over a connected socket, secured or not; `remote` is the peer as the host knows it. Data are read only after
   * `watch`.
   */
  constructor(socket: StreamSocket, limits: ConnectionLimits, around: SocketSurroundings, remote?: Endpoint) {
    this.#socket = socket;
    this.#limits = limits;
    this.remote = remote ?? { address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
    this.localPort = socket.localPort ?? 0;
    this.#up = new DelayLine(around);
    this.#down = new DelayLine(around);
    this.#signal = around.signal;
    this.#leave = () => this.abort();
    this.#signal.addEventListener("abort", this.#leave, { once: true });
    socket.once("close", () => this.#signal.removeEventListener("abort", this.#leave));
    socket.on("error", (error) => this.#end(socketError(error)));
    if (this.#signal.aborted) this.abort();
  }

  /** @throws {SocketError} */
  static async open(target: TcpTarget, limits: ConnectionLimits, around: SocketSurroundings): Promise<TcpConnection> {
    const { socket, remote } = await connectTarget(target, around);
    return new TcpConnection(socket, limits, around, remote);
  }

  /** Starts reading from the peer, or redirects the events. */
  watch(events: ConnectionEvents): void {
    const first = this.#events === undefined;
    this.#events = events;
    this.#tellEnd();
    if (!first) return;
    const socket = this.#socket;
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.once("end", () => this.#end(undefined));
    socket.once("close", () => this.#end(undefined));
    socket.resume();
  }

  /** Bytes that can be read; never more than the receive buffer holds. */
  get unread(): number {
    return Math.min(this.#store.length, this.#limits.receive);
  }

  /** At most `most` bytes, taken out of the receive buffer. */
  read(most: number): Buffer {
    const bytes = this.#store.take(Math.min(most, this.unread));
    if (this.#stored < this.#limits.receive && !this.#ended) this.#socket.resume();
    return bytes;
  }

  /** Takes all of `bytes`; or nothing (false) if the send buffer has no room for them or the connection has ended. */
  write(bytes: Buffer): boolean {
    if (this.#ended || this.#closed || bytes.length > this.room) return false;
    this.#pending += bytes.length;
    this.#sent += bytes.length;
    this.#up.push(() => {
      this.#socket.write(bytes, () => {
        this.#pending -= bytes.length;
        if (!this.#closed) this.#events?.sent();
      });
    });
    return true;
  }

  /** Bytes that `write` would take now. */
  get room(): number {
    return this.#limits.send - this.#pending;
  }

  /** Bytes written that the peer's system has not yet taken. */
  get unacknowledged(): number {
    return this.#pending;
  }

  /** Bytes written, since the beginning. */
  get sent(): number {
    return this.#sent;
  }

  /** Bytes that came in, read or not. */
  get received(): number {
    return this.#received;
  }

  /** The peer closed, or the connection broke. */
  get ended(): boolean {
    return this.#ended;
  }

  setNoDelay(on: boolean): void {
    this.#socket.setNoDelay(on);
  }

  /** @param idle ms of silence before the first probe */
  setKeepAlive(on: boolean, idle: number): void {
    this.#socket.setKeepAlive(on, idle);
  }

  /** Closes the sending direction after the remaining data; the peer may go on sending. */
  finish(): void {
    this.#up.push(() => this.#socket.end());
  }

  /**
   * Ends the connection and resolves when that is done; unread bytes are gone.
   * @param linger ms for what is still to be sent; 0 resets the connection
   */
  async close(linger = LINGER_MS): Promise<void> {
    this.#closed = true;
    const socket = this.#socket;
    if (socket.destroyed) return;
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    if (linger === 0) this.#reset();
    else {
      const timer = setTimeout(() => this.#reset(), linger);
      timer.unref();
      socket.once("close", () => clearTimeout(timer));
      this.#up.push(() => socket.destroySoon());
    }
    await closed;
  }

  /** Ends it at once and silently, as a modem that is switched off does. */
  abort(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #reset(): void {
    // Node resets plain TCP only.
    if (this.#socket instanceof TLSSocket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  get #stored(): number {
    return this.#store.length + this.#arriving;
  }

  #take(bytes: Buffer): void {
    this.#arriving += bytes.length;
    if (this.#stored >= this.#limits.receive) this.#socket.pause();
    this.#down.push(() => {
      this.#arriving -= bytes.length;
      const before = this.unread;
      this.#store.push(bytes);
      this.#received += bytes.length;
      if (!this.#closed && this.unread > before) this.#events?.received(before);
    });
  }

  /** After the bytes that are still on their way. */
  #end(error: SocketError | undefined): void {
    this.#down.push(() => {
      if (this.#ended) return;
      this.#ended = true;
      this.#failure = error;
      this.#tellEnd();
    });
  }

  /** A connection may break before `watch`. */
  #tellEnd(): void {
    if (!this.#ended || this.#told || this.#closed || this.#events === undefined) return;
    this.#told = true;
    this.#events.ended(this.#failure);
  }
}
