import type { Channel } from "../../at/channel-types";
import { asModemError, type ModemError } from "../../errors";
import { flush } from "../../services/sockets/flush";
import type { Resolve } from "../../services/sockets/name-cache";
import { handOver, tellEnd } from "../../services/sockets/owner";
import type {
  ModemSocket,
  SendOptions,
  SocketAddress,
  SocketEvents,
  SocketProtocol,
  SocketStatus,
} from "../../services/sockets/sockets";
import { unlessAborted } from "../../services/waiting/unless-aborted";
import type { UbloxTraits } from "../traits";
import type { Carrier, CarrierOwner } from "./carrier";
import { CONTROL, readNumber, readStatus } from "./control";
import { connectionClosed } from "./errors";
import type { HexMode } from "./hex-mode";
import { type SocketEnd, SocketReader } from "./reader";

/** For acknowledgements, before a socket is closed: closing may drop what has none. */
const FLUSHING_MS = { limit: 10_000, pause: 100, growth: 1 } as const;

export interface ConnectionParts {
  readonly channel: Channel;
  readonly syntax: HexMode;
  readonly model: UbloxTraits;
  readonly number: number;
  readonly protocol: SocketProtocol;
  /** For messages. */
  readonly operation: string;
  /** undefined: the modem's default one. */
  readonly cid: number | undefined;
  readonly secure: boolean;
  /** The only one that datagrams go to; undefined: any. */
  readonly peer?: { readonly host: string; readonly port: number };
  readonly local?: SocketAddress;
  readonly resolve: Resolve<AbortSignal>;
  /** The way its bytes are carried. */
  readonly carry: (owner: CarrierOwner) => Carrier;
  /** Closes the modem's socket. Never fails. */
  close(): Promise<void>;
  /** The modem's socket is gone. */
  forget(): void;
  /** The last of it: gives back what it had. Never fails. */
  release(error: ModemError | undefined): Promise<void>;
}

/** One life of one socket of the modem: from +USOCR, or its acceptance, until the number can be another's. */
export class UbloxSocket implements ModemSocket {
  readonly #parts: ConnectionParts;
  readonly #over = new AbortController();
  readonly #reader: SocketReader;
  readonly #carrier: Carrier;
  #remote: SocketAddress | undefined;
  #events: SocketEvents | undefined;
  /** The last of what is to be sent. */
  #sending: Promise<void> = Promise.resolve();
  #hasSent = false;
  /** Its data connection was lost before it had an owner. */
  #lost: ModemError | undefined;
  #closing: Promise<void> | undefined;
  #ended: Promise<void> | undefined;

  constructor(parts: ConnectionParts, remote?: SocketAddress) {
    this.#parts = parts;
    this.#remote = remote;
    const owner = {
      ...parts,
      ended: this.#over.signal,
      deliver: (data: Buffer, from?: SocketAddress) => this.#deliver(data, from),
      broken: (error: ModemError) => void this.end({ closeOnModem: true, error }),
    };
    this.#reader = new SocketReader(owner);
    this.#carrier = parts.carry({ ...owner, reader: this.#reader });
  }

  get way(): string {
    return this.#carrier.way;
  }

  get number(): number {
    return this.#parts.number;
  }

  get protocol(): SocketProtocol {
    return this.#parts.protocol;
  }

  get remote(): SocketAddress | undefined {
    return this.#remote;
  }

  get cid(): number | undefined {
    return this.#parts.cid;
  }

  /** The modem has said that the socket is closed. */
  get isAnnouncedClosed(): boolean {
    return this.#reader.isCloseAnnounced;
  }

  /** Whether it has an owner. */
  get isStarted(): boolean {
    return this.#events !== undefined;
  }

  /** It is open: its bytes can be carried from now on. @throws {ModemError} where they can't */
  async open(signal: AbortSignal): Promise<void> {
    await this.#carrier.open(signal);
    this.#over.signal.throwIfAborted();
    if (this.#lost !== undefined) throw this.#lost;
  }

  /** As the modem tells it; left as it is where that does not. */
  setRemote(remote: SocketAddress | undefined): void {
    if (remote !== undefined) this.#remote = remote;
  }

  /** From now on it reads, and its end is told. */
  start(events: SocketEvents, remote = this.#remote): void {
    this.#remote = remote;
    this.#events = events;
    void this.#read();
  }

  /** +UUSORD or +UUSORF. */
  announced(): void {
    this.#reader.announced();
    this.#carrier.news();
  }

  /** +UUSOCL. */
  closeAnnounced(): void {
    this.#reader.closeAnnounced();
    this.#carrier.news();
  }

  superseded(): void {
    // Where the modem has announced that, it was the peer who closed.
    const error = connectionClosed(this.#parts.operation, "the modem has closed the socket");
    void this.end({ closeOnModem: false, ...(!this.isAnnouncedClosed && { error }) });
  }

  /** Its data connection is gone. While the modem is still connecting, `open` fails with that. */
  contextLost(error: ModemError): void {
    if (this.#events !== undefined) void this.end({ closeOnModem: true, error });
    else this.#lost = error;
  }

  async send(data: Uint8Array, options: SendOptions = {}): Promise<void> {
    if (this.#closing !== undefined) {
      throw connectionClosed(this.#parts.operation, "the connection is being closed");
    }
    options.signal?.throwIfAborted();
    this.#over.signal.throwIfAborted();
    this.#hasSent = true;
    const work = this.#carrier.send(data, options);
    const settled = work.catch(() => undefined);
    this.#sending = this.#sending.then(() => settled);
    await work;
  }

  async status(): Promise<SocketStatus> {
    if (this.#over.signal.aborted) return { state: "closed" };
    const { channel, number, local } = this.#parts;
    const told = await readStatus(channel, number, this.protocol);
    const addresses = { ...(local && { local }), ...(this.#remote && { remote: this.#remote }) };
    return this.#over.signal.aborted ? { state: "closed" } : { ...told, ...addresses };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends it, once; resolves when the number is free. */
  end({ closeOnModem, error }: SocketEnd): Promise<void> {
    this.#ended ??= this.#end(closeOnModem, error);
    return this.#ended;
  }

  async #end(closeOnModem: boolean, error: ModemError | undefined): Promise<void> {
    this.#over.abort(error ?? connectionClosed(this.#parts.operation, "the connection is closed"));
    await this.#carrier.stop(error);
    if (closeOnModem) await this.#parts.close();
    else this.#parts.forget();
    tellEnd(this.#parts.channel, this.#parts.operation, () => this.#events?.onClosed(error));
    await this.#parts.release(error);
  }

  async #close(): Promise<void> {
    await this.#sending;
    await this.#carrier.finish();
    if (this.#hasSent && this.protocol === "tcp") await this.#flush();
    await this.end({ closeOnModem: true });
  }

  #flush(): Promise<void> {
    const { channel, number, operation } = this.#parts;
    const { signal: stopped } = this.#over;
    const unacknowledged = (): Promise<number | undefined> => readNumber(channel, number, CONTROL.unacknowledged);
    return flush({ operation, unacknowledged, hasEnded: () => stopped.aborted, stopped }, FLUSHING_MS);
  }

  async #read(): Promise<void> {
    try {
      await this.end(await this.#carrier.receive());
    } catch (error) {
      if (!this.#over.signal.aborted)
        await this.end({ closeOnModem: true, error: asModemError(error, "CONNECTION_CLOSED") });
    }
  }

  #deliver(data: Buffer, from: SocketAddress | undefined): void | Promise<void> {
    const sender = from ?? this.#remote ?? { ip: "", port: 0 };
    const { channel, operation } = this.#parts;
    const taken = handOver(channel, operation, () => this.#events?.onData(data, sender));
    if (taken !== undefined) return unlessAborted(taken, this.#over.signal);
  }
}
