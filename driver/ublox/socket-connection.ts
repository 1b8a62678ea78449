import type { Channel } from "../at/channel-types";
import { delay } from "../delay";
import { isModemError, ModemError } from "../errors";
import type {
  ModemSocket,
  SendOptions,
  SocketAddress,
  SocketEvents,
  SocketProtocol,
  SocketStatus,
} from "../services/sockets";
import { unlessAborted } from "../services/unless-aborted";
import { CONTROL, readNumber, readStatus } from "./socket-control";
import { DatagramWriter, type Resolve } from "./socket-datagram";
import { connectionClosed } from "./socket-errors";
import { type SocketEnd, SocketReader } from "./socket-reader";
import { StreamWriter } from "./socket-stream";
import type { SocketSyntax } from "./socket-syntax";

/** ms that the peer's acknowledgement is waited for before a socket is closed, and between two looks. */
const FLUSH_LIMIT = 10_000;
const FLUSH_PAUSE = 100;

export interface ConnectionParts {
  readonly channel: Channel;
  readonly syntax: SocketSyntax;
  readonly number: number;
  readonly protocol: SocketProtocol;
  /** For messages. */
  readonly title: string;
  readonly cid: number;
  readonly secure: boolean;
  readonly local?: SocketAddress;
  readonly resolve: Resolve;
  /** Closes the module's socket. Never fails. */
  close(): Promise<void>;
  /** The module's socket is gone. */
  forget(): void;
  /** The last of it: gives back what it had. Never fails. */
  release(error: ModemError | undefined): Promise<void>;
}

/** One life of one socket of the module: from +USOCR, or its acceptance, until the number can be another's. */
export class SocketConnection implements ModemSocket {
  readonly way = "command: text, binary";
  readonly #parts: ConnectionParts;
  readonly #over = new AbortController();
  readonly #reader: SocketReader;
  readonly #stream: StreamWriter;
  readonly #datagrams: DatagramWriter;
  #remote: SocketAddress | undefined;
  #events: SocketEvents | undefined;
  /** The last of what is to be sent. */
  #sending: Promise<void> = Promise.resolve();
  #hasSent = false;
  #closing: Promise<void> | undefined;
  #ended: Promise<void> | undefined;

  constructor(parts: ConnectionParts, remote?: SocketAddress) {
    this.#parts = parts;
    this.#remote = remote;
    const { signal: ended } = this.#over;
    this.#reader = new SocketReader({ ...parts, ended, deliver: (data, from) => this.#deliver(data, from) });
    const owner = {
      ...parts,
      ended,
      peerClosed: () => this.#reader.peerClosed(),
      broken: (error: ModemError) => void this.end({ farewell: "close", error }),
    };
    this.#stream = new StreamWriter(owner);
    this.#datagrams = new DatagramWriter(owner);
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

  get cid(): number {
    return this.#parts.cid;
  }

  /** The module has said that the socket is closed. */
  get isAnnouncedClosed(): boolean {
    return this.#reader.isCloseAnnounced;
  }

  /** Whether somebody has it. */
  get isStarted(): boolean {
    return this.#events !== undefined;
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
  }

  /** +UUSOCL. */
  closeAnnounced(): void {
    this.#reader.closeAnnounced();
  }

  superseded(): void {
    const error = connectionClosed(this.#parts.title, "the modem has closed the socket");
    void this.end({ farewell: "forget", error });
  }

  /** Its data connection is gone. */
  contextLost(error: ModemError): void {
    if (this.#events !== undefined) void this.end({ farewell: "close", error });
  }

  send(data: Uint8Array, { to, signal }: SendOptions = {}): Promise<void> {
    if (this.#closing !== undefined) {
      return Promise.reject(connectionClosed(this.#parts.title, "the connection is being closed"));
    }
    const work = this.#sending.then(async () => {
      signal?.throwIfAborted();
      this.#over.signal.throwIfAborted();
      if (this.protocol === "udp") return this.#datagrams.write(data, to);
      this.#hasSent = true;
      return this.#stream.write(data, signal);
    });
    this.#sending = work.catch(() => undefined);
    return signal === undefined ? work : unlessAborted(work, signal);
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
  end({ farewell, error }: SocketEnd): Promise<void> {
    this.#ended ??= this.#end(farewell, error);
    return this.#ended;
  }

  async #end(farewell: SocketEnd["farewell"], error: ModemError | undefined): Promise<void> {
    this.#over.abort(error ?? connectionClosed(this.#parts.title, "the connection is closed"));
    if (farewell === "close") await this.#parts.close();
    else this.#parts.forget();
    try {
      this.#events?.onClosed(error);
    } catch (fault) {
      this.#note(fault);
    }
    await this.#parts.release(error);
  }

  async #close(): Promise<void> {
    await this.#sending;
    if (this.#hasSent) await this.#flush().catch(() => undefined);
    await this.end({ farewell: "close" });
  }

  /** What has been sent is to arrive: closing may discard what the peer has not acknowledged. */
  async #flush(): Promise<void> {
    const { channel, number } = this.#parts;
    const until = Date.now() + FLUSH_LIMIT;
    while (!this.#over.signal.aborted && Date.now() < until) {
      if (((await readNumber(channel, number, CONTROL.unacknowledged)) ?? 0) === 0) return;
      await delay(FLUSH_PAUSE, this.#over.signal);
    }
  }

  async #read(): Promise<void> {
    try {
      await this.end(await this.#reader.run());
    } catch (error) {
      if (!this.#over.signal.aborted) await this.end({ farewell: "close", error: asModemError(error) });
    }
  }

  async #deliver(data: Buffer, from: SocketAddress | undefined): Promise<void> {
    const { signal } = this.#over;
    const sender = from ?? this.#remote ?? { ip: "", port: 0 };
    try {
      await unlessAborted(Promise.resolve(this.#events?.onData(data, sender)), signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#note(error);
    }
  }

  #note(error: unknown): void {
    this.#parts.channel.note(`${this.#parts.title}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function asModemError(error: unknown): ModemError {
  return isModemError(error) ? error : new ModemError("CONNECTION_CLOSED", String(error));
}
