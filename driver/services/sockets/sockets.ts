import type { ModemError } from "../../errors";
import type { SecurityProfile } from "../security/security";

export type SocketProtocol = "tcp" | "udp";

/**
 * How bytes are carried over the line. `command`: chunk by chunk, between other commands. `direct`: transparently; other
 * commands wait until the connection is quiet, or for some seconds, and nothing is sent while they have the line.
 */
export type SocketMode = "command" | "direct";

export interface SocketAddress {
  readonly ip: string;
  readonly port: number;
}

/** What a socket tells its owner. Both are called for the last time before the socket's number can be another's. */
export interface SocketEvents {
  /**
   * Of TCP what has arrived, in order and cut anywhere; of UDP one datagram. The modem is not read further before the
   * promise is settled: data wait there, and then with the sender.
   */
  onData(data: Buffer, from: SocketAddress): void | Promise<void>;
  /** Once, after the last `onData`. Without an error it was the peer who closed, or `close`. */
  onClosed(error?: ModemError): void;
}

/** Of a UDP socket. */
export interface UdpOptions extends CommonOptions {
  /** DTLS by this profile: then `host` and `port` name the one peer, and its handshake belongs to the first datagram. */
  readonly security?: SecurityProfile;
  /** Whom datagrams will go to, a name or an address: the modem's socket is of that kind of address. */
  readonly host?: string;
  readonly port?: number;
}

interface CommonOptions {
  /** 1–65535; the modem's own choice where it is left out. */
  readonly localPort?: number;
  /** PDP context; the modem's default one when left out. */
  readonly cid?: number;
  /** Of its packets: time to live 1–255, type of service 0–255. The modem's own where they are left out. */
  readonly ttl?: number;
  readonly tos?: number;
  /** ms until it is open, waiting for a free socket included. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

export interface ConnectOptions extends CommonOptions {
  /** Name or address. */
  readonly host: string;
  readonly port: number;
  /** TLS by this profile. */
  readonly security?: SecurityProfile;
  /** s without traffic after which the modem sends a probe; 0 or left out: it sends none. */
  readonly keepAlive?: number;
  /** s that closing waits for what was sent to be acknowledged, 0 resets; the modem's own way where it is left out. */
  readonly linger?: number;
  readonly mode: SocketMode;
}

export interface ListenOptions extends CommonOptions {
  readonly localPort: number;
  readonly keepAlive?: number;
  /** As of a connection; every accepted one gets it. */
  readonly linger?: number;
}

/** As far as the modem tells. */
export interface SocketStatus {
  /** RFC 9293 3.3.2 in small letters, such as `established`, `close-wait`; of UDP `open`. */
  readonly state: string;
  readonly local?: SocketAddress;
  readonly remote?: SocketAddress;
  /** Bytes that the peer has not acknowledged; TCP only. */
  readonly unacknowledged?: number;
  /** Bytes that have arrived at the modem and were not read yet. */
  readonly unread?: number;
  /** The modem's last error on this socket in words; left out where there was none. */
  readonly lastError?: string;
}

export interface SendOptions {
  /** Of a datagram: name or address, and port, of its receiver. */
  readonly to?: { readonly host: string; readonly port: number };
  /** Told, before `send` resolves, the address that a datagram has gone to. */
  readonly onSent?: (to: SocketAddress) => void;
  readonly signal?: AbortSignal;
}

/** A connection or a UDP socket of the modem. */
export interface ModemSocket {
  /** Its number on the modem. */
  readonly number: number;
  readonly protocol: SocketProtocol;
  readonly remote: SocketAddress | undefined;
  /** How bytes are carried, for people: `command: text, binary`, `direct link`. */
  readonly way: string;
  /**
   * Resolves when the modem has taken all of it, which is no acknowledgement of the peer's. Calls are carried out in
   * their order. One datagram of UDP has at most 1024 bytes on LARA-R6, 1460 on BG96.
   *
   * @throws {ModemError} `INVALID_INPUT`, `CONNECTION_CLOSED`, `DNS_FAILED`, `MODEM_TIMEOUT` while the modem's queue
   * stays full, …; the abort reason, when a part may have been sent
   */
  send(data: Uint8Array, options?: SendOptions): Promise<void>;
  status(): Promise<SocketStatus>;
  /** After what is being sent. Never fails; resolves when the number is free. */
  close(): Promise<void>;
}

/** A socket that waits for others to connect. */
export interface ModemListener {
  readonly number: number;
  readonly localPort: number;
  close(): Promise<void>;
}

export interface SocketService {
  /** TCP. @throws {ModemError} `DNS_FAILED`, `CONNECT_FAILED`, `TLS_FAILED`, `NO_CONNECTION`, `MODEM_BUSY`, … */
  connect(options: ConnectOptions, events: SocketEvents): Promise<ModemSocket>;
  /** UDP. @throws {ModemError} as `connect` */
  openUdp(options: UdpOptions, events: SocketEvents): Promise<ModemSocket>;
  /**
   * TCP. `accept` is called with every connection and gives its listener; `onClosed` when the listening ends without
   * `close`.
   */
  listen(
    options: ListenOptions,
    accept: (socket: ModemSocket) => SocketEvents,
    onClosed: (error?: ModemError) => void,
  ): Promise<ModemListener>;
}
