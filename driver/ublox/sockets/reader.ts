import type { Channel } from "../../at/channel-types";
import { AutoResetEvent, delay } from "../../delay";
import { isModemError, type ModemError } from "../../errors";
import type { SocketAddress, SocketProtocol } from "../../services/sockets/sockets";
import type { UbloxTraits } from "../traits";
import { exists, readState, type TcpState } from "./control";
import { connectionClosed } from "./errors";
import type { HexMode } from "./hex-mode";
import { readSocket } from "./read";

/** ms after which a socket without news is read anyway: a URC may have been lost. */
const POLL_MS = 30_000;
/** Reads in a row that the modem may refuse for an open socket, and ms between them. */
const REFUSALS = 3;
const REFUSAL_PAUSE_MS = 500;

/** How the life of a socket ends. */
export interface SocketEnd {
  /** Whether the modem still has the socket. */
  readonly closeOnModem: boolean;
  readonly error?: ModemError;
}

export interface ReaderOwner {
  readonly channel: Channel;
  readonly syntax: HexMode;
  readonly model: UbloxTraits;
  readonly number: number;
  readonly protocol: SocketProtocol;
  /** For messages. */
  readonly operation: string;
  /** Fires when the socket has ended; its reason is what reading fails with then. */
  readonly ended: AbortSignal;
  /** Resolves when more may be read. Never fails, but for the end of the socket. */
  readonly deliver: (data: Buffer, from?: SocketAddress) => void | Promise<void>;
}

/** Reads a socket by +USORD or +USORF (guide 5.5, 5.7), and finds out whether what was announced is its end. */
export class SocketReader {
  readonly #owner: ReaderOwner;
  readonly #wake = new AutoResetEvent();
  /** News of data since the last read. */
  #announced: boolean;
  /** +UUSOCL came, which may be meant for an earlier life of the number. */
  #closeAnnounced = false;
  #peerClosed = false;

  constructor(owner: ReaderOwner) {
    this.#owner = owner;
    // A datagram may come as soon as there is a socket; a connection's data are announced to it.
    this.#announced = owner.protocol === "udp";
  }

  /** The modem has said that the socket is closed. */
  get isCloseAnnounced(): boolean {
    return this.#closeAnnounced;
  }

  /** +UUSORD or +UUSORF. */
  announced(): void {
    this.#announced = true;
    this.#wake.set();
  }

  /** +UUSOCL. */
  closeAnnounced(): void {
    this.#closeAnnounced = true;
    this.announced();
  }

  /** Another command has shown that the peer has closed. */
  peerClosed(): void {
    this.#peerClosed = true;
    this.announced();
  }

  /** Reads whenever there is news; resolves to the end. */
  async run(): Promise<SocketEnd> {
    const { ended } = this.#owner;
    for (;;) {
      for (let told = true; told && !this.#announced; ) told = await this.#wake.wait(POLL_MS, ended);
      const end = await this.drain();
      if (end !== undefined) return end;
    }
  }

  /** Reads until nothing is left; resolves to the end where that has come. */
  async drain(deliver = this.#owner.deliver): Promise<SocketEnd | undefined> {
    const { number, protocol, ended } = this.#owner;
    for (let refusals = 0; ; ) {
      const isTold = this.#announced;
      this.#announced = false;
      const mayBeClosed = this.#closeAnnounced || this.#peerClosed;
      try {
        const received = await readSocket(this.#owner, number, protocol, ended);
        refusals = 0;
        const isEmpty = (received?.data.length ?? 0) === 0;
        // An empty datagram has an announcement of its own. Firmware that answers so where none waits would give it without end.
        if (received !== undefined && (isTold || !isEmpty)) await deliver(received.data, received.from);
        if (isEmpty) return mayBeClosed ? await this.#checkClosed() : undefined;
      } catch (error) {
        const end = await this.#unread(error);
        if (end !== undefined) return end;
        refusals += 1;
        if (refusals >= REFUSALS) throw error;
        await delay(REFUSAL_PAUSE_MS, ended);
      }
    }
  }

  /** A read failed: the end, where that is why; throws where the socket can't go on. */
  async #unread(error: unknown): Promise<SocketEnd | undefined> {
    const { channel, protocol, operation, ended } = this.#owner;
    if (ended.aborted || !isModemError(error)) throw error;
    if (error.code === "MODEM_REJECTED") return this.#refused();
    // Of a stream the bytes that were lost would be missing; a datagram may be.
    const isBearable = error.code === "CONNECTION_CLOSED" || error.code === "MODEM_TIMEOUT";
    if (protocol === "tcp" || !isBearable) throw error;
    channel.note(`${operation}: ${error.message}`);
    return undefined;
  }

  /** The modem refused to read: whether the socket is gone. */
  async #refused(): Promise<SocketEnd | undefined> {
    const state = await this.#state();
    if (state === undefined) return this.#gone();
    return isOpen(state) ? undefined : { closeOnModem: true };
  }

  /** Nothing is left to read, and the end was announced: whether it was this life's. */
  async #checkClosed(): Promise<SocketEnd | undefined> {
    this.#closeAnnounced = false;
    const state = await this.#state();
    if (state === undefined) return { closeOnModem: false };
    return isOpen(state) && !this.#peerClosed ? undefined : { closeOnModem: true };
  }

  #gone(): SocketEnd {
    if (this.#closeAnnounced || this.#peerClosed) return { closeOnModem: false };
    const error = connectionClosed(this.#owner.operation, "the modem no longer has the socket");
    return { closeOnModem: false, error };
  }

  async #state(): Promise<TcpState | "open" | undefined> {
    const { channel, number, protocol } = this.#owner;
    if (protocol === "tcp") return readState(channel, number);
    return (await exists(channel, number)) ? "open" : undefined;
  }
}

/** Whether data may still come. */
export function isOpen(state: TcpState | "open"): boolean {
  return state === "open" || state === "established" || state === "unknown";
}
