import { isIPv4 } from "node:net";
import { resolveTarget } from "./connect";
import { DatagramPort } from "./datagram-port";
import { type Datagram, DatagramQueue } from "./datagram-queue";
import { DelayLine, type Endpoint, ownPort, SocketError, type SocketSurroundings, socketError } from "./tcp-udp";

export type { Datagram } from "./datagram-queue";

/** What a modem's UDP socket is to its owner, secured or not. */
export interface DatagramSocket {
  /** Called for each datagram that was stored; `before` bytes were unread already. */
  received: (before: number) => void;
  /** Called for each datagram that leaves the modem. */
  sent: () => void;
  /** Called when nothing more can come, which only a secured socket learns; not after `close`. */
  ended: () => void;
  readonly over: boolean;
  /** Resolves once the stack has the datagram; whether it arrives is unknown. @throws {SocketError} */
  send(bytes: Buffer, target: Endpoint): Promise<void>;
  sendToPeer(bytes: Buffer): void;
  /** Bytes of sent datagrams that have not yet left the modem. */
  readonly pending: number;
  /** Bytes sent, since the beginning. */
  readonly sentBytes: number;
  /** Bytes received and stored, read or not. */
  readonly receivedBytes: number;
  /** Bytes of all datagrams that wait. */
  readonly unread: number;
  /** The oldest unread datagram, or what is left of it. */
  readonly first: Datagram | undefined;
  /** At most `most` bytes of the oldest datagram; the rest of it stays. */
  read(most: number): Datagram | undefined;
  setBroadcast(on: boolean): void;
  setTtl(hops: number): void;
  close(): void;
}

export interface UdpOptions {
  /** Local port of the modem; any free one if left out. */
  readonly localPort?: number;
  readonly ipv6?: boolean;
  /** Addresses of IPv6 go first; as `ipv6` says if left out. */
  readonly preferIPv6?: boolean;
  /** Bytes of unread datagrams; a datagram without room is lost. */
  readonly receive: number;
}

/** A UDP socket with the receive buffer of a modem. */
export class UdpSocket implements DatagramSocket {
  /** Set by `open` before anybody else has this object. */
  #port!: DatagramPort;
  readonly #options: UdpOptions;
  readonly #around: SocketSurroundings;
  /** Called for each datagram that was stored; `before` bytes were unread already. */
  received: DatagramSocket["received"] = () => undefined;
  /** Called for each datagram that leaves the modem. */
  sent: () => void = () => undefined;
  ended: () => void = () => undefined;
  readonly over = false;
  readonly #queue: DatagramQueue;
  /** Peers that the host knows by an address different from the real one. */
  readonly #known = new Map<string, Endpoint>();
  readonly #up: DelayLine;
  readonly #down: DelayLine;
  /** If set, datagrams from other peers are dropped. */
  #peer: Endpoint | undefined;
  #sent = 0;
  #pending = 0;
  #closed = false;
  readonly #leave = () => this.close();

  private constructor(options: UdpOptions, around: SocketSurroundings) {
    this.#options = options;
    this.#queue = new DatagramQueue(options.receive);
    this.#around = around;
    this.#up = new DelayLine(around);
    this.#down = new DelayLine(around);
  }

  /** @throws {SocketError} `address-in-use`, `address-not-available` */
  static async open(options: UdpOptions, around: SocketSurroundings): Promise<UdpSocket> {
    const { ipv6 = false, localPort } = options;
    const result = new UdpSocket(options, around);
    try {
      result.#port = await DatagramPort.open({
        ...(localPort === undefined ? {} : { at: ownPort(around.internet, localPort) }),
        ipv6,
        receive: (bytes, from) => result.#take(bytes, from),
      });
    } catch (error) {
      throw socketError(error as NodeJS.ErrnoException);
    }
    around.signal.addEventListener("abort", result.#leave, { once: true });
    if (around.signal.aborted) result.close();
    return result;
  }

  /**
   * Resolves once the stack has the datagram; whether it arrives is unknown.
   * @throws {SocketError} `dns`, `unreachable` (an address of the other family), `aborted`
   */
  async send(bytes: Buffer, target: Endpoint): Promise<void> {
    this.#hand(bytes, await this.resolve(target));
  }

  /** To the connected peer. */
  sendToPeer(bytes: Buffer): void {
    if (this.#peer !== undefined) this.#hand(bytes, this.#peer);
  }

  #hand(bytes: Buffer, end: Endpoint): void {
    this.#pending += bytes.length;
    this.#sent += bytes.length;
    const isLost = this.#around.internet.troubles?.loses("from-modem") === true;
    this.#up.push(() => {
      this.#pending -= bytes.length;
      if (this.#closed) return;
      // What the system does not take is lost, as on the way.
      if (!isLost) this.#port.send(bytes, end).catch(() => undefined);
      this.sent();
    });
  }

  /** From now on receives from this peer only. @throws {SocketError} as `send` */
  async connect(target: Endpoint): Promise<void> {
    this.#peer = await this.resolve(target);
  }

  /** Bytes of sent datagrams that have not yet left the modem. */
  get pending(): number {
    return this.#pending;
  }

  /** Bytes sent, since the beginning. */
  get sentBytes(): number {
    return this.#sent;
  }

  /** Bytes received and stored, read or not. */
  get receivedBytes(): number {
    return this.#queue.received;
  }

  /** Where datagrams for a name or address and a port go. @throws {SocketError} as `send` */
  async resolve({ address, port }: Endpoint): Promise<Endpoint> {
    const { ipv6 = false, preferIPv6 = ipv6 } = this.#options;
    const { addresses, port: actual } = await resolveTarget({ host: address, port, preferIPv6 }, this.#around);
    const found = addresses.find((entry) => ipv6 || isIPv4(entry));
    if (found === undefined) throw new SocketError("unreachable", `${address} has no IPv4 address`);
    const isAddress = isIPv4(address) || address.includes(":");
    this.#known.set(keyOf({ address: found, port: actual }), { address: isAddress ? address : found, port });
    return { address: found, port: actual };
  }

  /** The port of this end. */
  get localPort(): number {
    return this.#closed ? 0 : this.#port.port;
  }

  /** Bytes of all datagrams that wait. */
  get unread(): number {
    return this.#queue.unread;
  }

  /** The oldest unread datagram, or what is left of it. */
  get first(): Datagram | undefined {
    return this.#queue.first;
  }

  /** At most `most` bytes of the oldest datagram; the rest of it stays. */
  read(most: number): Datagram | undefined {
    return this.#queue.read(most);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#around.signal.removeEventListener("abort", this.#leave);
    this.#port.close();
  }

  setBroadcast(on: boolean): void {
    this.#port.setBroadcast(on);
  }

  setTtl(hops: number): void {
    this.#port.setTtl(hops);
  }

  #take(bytes: Buffer, from: Endpoint): void {
    if (this.#peer !== undefined && keyOf(this.#peer) !== keyOf(from)) return;
    if (this.#around.internet.troubles?.loses("to-modem") === true) return;
    const source = this.#known.get(keyOf(from)) ?? from;
    this.#down.push(() => {
      const before = this.#queue.unread;
      if (!this.#closed && this.#queue.push({ from: source, bytes })) this.received(before);
    });
  }
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
