import type { Endpoint } from "../../internet/tcp-udp/tcp-udp";
import type { Modem } from "../../modem";
import { contexts } from "../packet-data/contexts";
import type { Channel, Piece } from "./channel";
import { pushedText } from "./settings";

/** The prefixes of a socket kind's unsolicited lines. */
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
  /** The listener of an incoming connection; its own number if left out. */
  readonly server?: number;
  readonly sslContext?: number;
}

/** Bytes in one pushed line, the same as in one that is read. */
const LONGEST_PUSH = 1500;

/** The socket behind one identity of the TCP/IP manual, and how its data reach the host. */
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
  /** The socket has the line, in transparent mode. */
  #online = false;
  #mode: AccessMode;
  #channel: Channel | undefined;
  #localPort: number;
  /** `recv` was reported, and the buffer has not been empty since. */
  #announced = false;
  #pushing = false;
  /** The peer has closed; the host is told after the data, or when it leaves transparent mode. */
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

  /** Whether there are unread data. */
  get hasData(): boolean {
    return (this.#channel?.unread ?? 0) > 0;
  }

  /** Fires when the host closes the socket. */
  get leaving(): AbortSignal {
    return this.#leaving.signal;
  }

  /** Bytes passed to the host. */
  get readCount(): number {
    return this.#read;
  }

  /** The socket is open. */
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

  /** Changes the access mode. */
  switchMode(mode: AccessMode): void {
    this.#mode = mode;
    this.#announced = false;
    if (this.hasData) this.#offer();
  }

  goOnline(): void {
    this.#online = true;
  }

  /** @param escaped the host left by `+++` and has not seen NO CARRIER */
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

  /** Resolves when there are data to read, there is room to send, or the connection has ended. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** Wakes those who wait for a change. */
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

  /** The PDP context, and the connection with it, is gone; only `pdpdeact` is reported. */
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

  /** Pushes data piece by piece, as fast as the line takes them; the rest waits with the peer. */
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
    // A host in transparent mode gets NO CARRIER instead.
    if (this.#pushing || this.#online) this.#closedUntold = true;
    else this.#tellClosed();
  }

  #tellClosed(): void {
    this.#closedUntold = false;
    this.#modem.urc(`${this.#kind.urc}: "closed",${this.id}`);
  }
}
