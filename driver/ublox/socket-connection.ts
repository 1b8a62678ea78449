import type { Channel } from "../at/channel-types";
import { delay, Wake } from "../delay";
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
import { CONTROL, exists, readNumber, readState, readStatus, type TcpState } from "./socket-control";
import { DatagramWriter, type Resolve } from "./socket-datagram";
import { connectionClosed } from "./socket-errors";
import { readSocket } from "./socket-read";
import { StreamWriter } from "./socket-stream";

/** ms after which a socket without news is read all the same: a URC may have been lost. */
const POLL = 30_000;
/** Reads in a row that the module may refuse for a socket that stands, and ms between them. */
const REFUSALS = 3;
const REFUSAL_PAUSE = 500;
/** ms that the peer's acknowledgement is waited for before a socket is closed, and between two looks. */
const FLUSH_LIMIT = 10_000;
const FLUSH_PAUSE = 100;

export interface ConnectionParts {
  readonly channel: Channel;
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

/** `close`: the module still has the socket; `forget`: it has not. */
type Farewell = "close" | "forget";

interface End {
  readonly farewell: Farewell;
  readonly error?: ModemError;
}

/** One life of one socket of the module: from +USOCR, or its acceptance, until the number can be another's. */
export class SocketConnection implements ModemSocket {
  readonly way = "command: text, binary";
  readonly #parts: ConnectionParts;
  readonly #over = new AbortController();
  readonly #wake = new Wake();
  readonly #stream: StreamWriter;
  readonly #datagrams: DatagramWriter;
  #remote: SocketAddress | undefined;
  #events: SocketEvents | undefined;
  /** The last of what is to be sent. */
  #sending: Promise<void> = Promise.resolve();
  #hasSent = false;
  /** News of data since the last read. */
  #announced: boolean;
  /** +UUSOCL came, which may be meant for an earlier life of the number. */
  #closeAnnounced = false;
  #peerClosed = false;
  #closing: Promise<void> | undefined;
  #ended: Promise<void> | undefined;

  constructor(parts: ConnectionParts, remote?: SocketAddress) {
    this.#parts = parts;
    this.#remote = remote;
    // A datagram may come as soon as there is a socket; a connection's data are announced to it.
    this.#announced = parts.protocol === "udp";
    const owner = {
      ...parts,
      ended: this.#over.signal,
      peerClosed: () => {
        this.#peerClosed = true;
        this.announced();
      },
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
    return this.#closeAnnounced;
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
    this.#announced = true;
    this.#wake.set();
  }

  /** +UUSOCL. */
  closeAnnounced(): void {
    this.#closeAnnounced = true;
    this.announced();
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
  end({ farewell, error }: End): Promise<void> {
    this.#ended ??= this.#end(farewell, error);
    return this.#ended;
  }

  async #end(farewell: Farewell, error: ModemError | undefined): Promise<void> {
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
    const { signal } = this.#over;
    try {
      for (;;) {
        for (let told = true; told && !this.#announced; ) told = await this.#wake.wait(POLL, signal);
        const end = await this.#drain();
        if (end !== undefined) return await this.end(end);
      }
    } catch (error) {
      if (!signal.aborted) await this.end({ farewell: "close", error: asModemError(error) });
    }
  }

  /** Reads until nothing is left; resolves to the end where that has come. */
  async #drain(): Promise<End | undefined> {
    const { signal } = this.#over;
    for (let refusals = 0; ; ) {
      this.#announced = false;
      const mayBeClosed = this.#closeAnnounced || this.#peerClosed;
      try {
        const received = await readSocket(this.#parts.channel, this.number, this.protocol, signal);
        refusals = 0;
        if (received === undefined) return mayBeClosed ? await this.#checkClosed() : undefined;
        await this.#deliver(received.data, received.from);
      } catch (error) {
        const end = await this.#unread(error);
        if (end !== undefined) return end;
        refusals += 1;
        if (refusals >= REFUSALS) throw error;
        await delay(REFUSAL_PAUSE, signal);
      }
    }
  }

  /** A read failed: the end, where that is why; throws where the socket can't go on. */
  async #unread(error: unknown): Promise<End | undefined> {
    if (this.#over.signal.aborted || !isModemError(error)) throw error;
    if (error.code === "MODEM_REJECTED") return this.#refused();
    // Of a stream the bytes that were lost would be missing; a datagram may be.
    const isBearable = error.code === "CONNECTION_CLOSED" || error.code === "MODEM_TIMEOUT";
    if (this.protocol === "tcp" || !isBearable) throw error;
    this.#note(error);
    return undefined;
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

  /** The module refused to read: whether the socket is gone. */
  async #refused(): Promise<End | undefined> {
    const state = await this.#state();
    if (state === undefined) return this.#gone();
    return isOpen(state) ? undefined : { farewell: "close" };
  }

  /** Nothing is left to read, and the end was announced: whether it was this life's. */
  async #checkClosed(): Promise<End | undefined> {
    this.#closeAnnounced = false;
    const state = await this.#state();
    if (state === undefined) return { farewell: "forget" };
    return isOpen(state) && !this.#peerClosed ? undefined : { farewell: "close" };
  }

  #gone(): End {
    if (this.#closeAnnounced || this.#peerClosed) return { farewell: "forget" };
    const error = connectionClosed(this.#parts.title, "the modem no longer has the socket");
    return { farewell: "forget", error };
  }

  async #state(): Promise<TcpState | "open" | undefined> {
    const { channel, number } = this.#parts;
    if (this.protocol === "tcp") return readState(channel, number);
    return (await exists(channel, number)) ? "open" : undefined;
  }

  #note(error: unknown): void {
    this.#parts.channel.note(`${this.#parts.title}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Whether data may still come. */
function isOpen(state: TcpState | "open"): boolean {
  return state === "open" || state === "established" || state === "unknown";
}

function asModemError(error: unknown): ModemError {
  return isModemError(error) ? error : new ModemError("CONNECTION_CLOSED", String(error));
}
