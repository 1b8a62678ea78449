import type { Endpoint } from "../../internet/tcp-udp/tcp-udp";
import type { Modem } from "../../modem";
import { contexts } from "../packet-data/contexts";
import type { Channel, Piece } from "./channel";
import { pushedText } from "./settings";

/** The prefixes that a kind of socket has for its unsolicited lines. */
export interface SocketKind {
  readonly urc: string;
  readonly opened: string;
}

export type Service = "TCP" | "UDP" | "TCP LISTENER" | "TCP INCOMING" | "UDP SERVICE" | "SSLClient";

/** <socket_state> of +QISTATE */
export enum State {
  Initial = 0,
  Opening = 1,
  Connected = 2,
  Listening = 3,
  Closing = 4,
}

/** <access_mode> */
export enum AccessMode {
  Buffer = 0,
  Push = 1,
  Transparent = 2,
}

export interface SocketPurpose {
  readonly service: Service;
  readonly cid: number;
  readonly remote: Endpoint;
  /** 0: any */
  readonly localPort: number;
  readonly mode: AccessMode;
  /** The listener that an incoming connection belongs to; its own number when left out. */
  readonly server?: number;
  readonly sslContext?: number;
}

/** Bytes of one line of data that is pushed, as of one that is read. */
const LONGEST_PUSH = 1500;

/** One identity of the TCP/IP manual: what was opened under it, and how its data reach the host. */
export class ModemSocket {
  readonly #modem: Modem;
  readonly #kind: SocketKind;
  state = State.Opening;
  remote: Endpoint;
  readonly service: Service;
  readonly cid: number;
  readonly server: number;
  readonly sslContext: number | undefined;
  /** Ends the opening, the connection, the listener. */
  readonly #leaving = new AbortController();
  readonly #waiting = new Set<() => void>();
  /** The line is this socket's own now, in transparent mode. */
  #online = false;
  #mode: AccessMode;
  #channel: Channel | undefined;
  #localPort: number;
  /** `recv` was said, and the buffer has not been empty since. */
  #announced = false;
  #pushing = false;
  /** The peer has closed, and the host will hear of it behind the data, or when it leaves transparent mode. */
  #closedUntold = false;
  #read = 0;

  constructor(
    modem: Modem,
    kind: SocketKind,
    readonly id: number,
    purpose: SocketPurpose,
  ) {
    this.#modem = modem;
    this.#kind = kind;
    this.service = purpose.service;
    this.cid = purpose.cid;
    this.remote = purpose.remote;
    this.server = purpose.server ?? id;
    this.sslContext = purpose.sslContext;
    this.#localPort = purpose.localPort;
    this.#mode = purpose.mode;
    const lose = () => this.#lose();
    contexts(modem).signal(this.cid)?.addEventListener("abort", lose, { once: true, signal: this.leaving });
  }

  get mode(): AccessMode {
    return this.#mode;
  }

  get localPort(): number {
    return this.#localPort;
  }

  get channel(): Channel | undefined {
    return this.#channel;
  }

  get connected(): boolean {
    return this.state === State.Connected;
  }

  /** Something came in and was not read. */
  get hasData(): boolean {
    return (this.#channel?.unread ?? 0) > 0;
  }

  /** Fires when the host closes the socket. */
  get leaving(): AbortSignal {
    return this.#leaving.signal;
  }

  /** Bytes that the host has got. */
  get readCount(): number {
    return this.#read;
  }

  /** It has what it was opened for. */
  start(channel: Channel, state: State): void {
    this.state = state;
    this.#channel = channel;
    if (this.#localPort === 0) this.#localPort = channel.localPort;
    channel.watch({
      received: () => this.#offer(),
      sent: () => this.#wake(),
      ended: () => this.#ended(),
    });
  }

  failed(): void {
    this.state = State.Initial;
  }

  /** Other data come now, or the same ones in another way. */
  switchMode(mode: AccessMode): void {
    this.#mode = mode;
    this.#announced = false;
    if (this.hasData) this.#offer();
  }

  goOnline(): void {
    this.#online = true;
  }

  /** @param escaped the host left, and has not seen NO CARRIER */
  goOffline(escaped: boolean): void {
    this.#online = false;
    if (escaped && this.#closedUntold) this.#tellClosed();
    this.#closedUntold = false;
  }

  read(most: number): Piece | undefined {
    const piece = this.#channel?.read(most);
    this.#read += piece?.bytes.length ?? 0;
    if (!this.hasData) this.#announced = false;
    return piece;
  }

  /** Resolves when there is something to read, room to send, or an end. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** Whoever waits for a change looks again. */
  wake(): void {
    this.#wake();
  }

  /** @param timeout ms */
  async close(timeout: number): Promise<void> {
    this.state = State.Closing;
    this.#closedUntold = false;
    this.#wake();
    if (this.#channel !== undefined) await this.#channel.close(this.#modem, timeout);
    this.#leaving.abort();
  }

  /** The PDP context is gone, and the connection with it; nothing is said of it but `pdpdeact`. */
  #lose(): void {
    this.state = State.Closing;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #offer(): void {
    this.#wake();
    if (this.#mode === AccessMode.Push) void this.#push();
    if (this.#mode !== AccessMode.Buffer || this.#announced) return;
    this.#announced = true;
    this.#modem.urc(`${this.#kind.urc}: "recv",${this.id}`);
  }

  /** Piece by piece, as fast as the line takes them; what has no room waits with the peer. */
  async #push(): Promise<void> {
    if (this.#pushing) return;
    this.#pushing = true;
    for (;;) {
      const piece = this.#mode === AccessMode.Push ? this.read(LONGEST_PUSH) : undefined;
      if (piece === undefined) break;
      await this.#modem.push(...pushedText(this.#modem, `${this.#kind.urc}: "recv",${this.id}`, piece));
    }
    this.#pushing = false;
    if (this.#closedUntold) this.#tellClosed();
  }

  #ended(): void {
    if (this.state !== State.Connected) return;
    this.state = State.Closing;
    this.#channel?.finish();
    this.#wake();
    // A host that is in transparent mode to the end hears NO CARRIER instead.
    if (this.#pushing || this.#online) this.#closedUntold = true;
    else this.#tellClosed();
  }

  #tellClosed(): void {
    this.#closedUntold = false;
    this.#modem.urc(`${this.#kind.urc}: "closed",${this.id}`);
  }
}
