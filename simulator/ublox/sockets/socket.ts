import type { TcpConnection } from "../../internet/tcp-udp/connection";
import type { DatagramSocket } from "../../internet/tcp-udp/datagrams";
import type { TcpListener } from "../../internet/tcp-udp/listener";
import {
  type Endpoint,
  SocketError,
  type SocketFailure,
  type SocketSurroundings,
} from "../../internet/tcp-udp/tcp-udp";
import type { Modem } from "../../modem";
import { reaches } from "../packet-data/data-connection";
import { factoryTriggers, type Triggers } from "./direct-link-triggers";

export const TCP = 6;
export const UDP = 17;

/** Queues of a socket, bytes (guide 5.3.3). */
export const QUEUES = { receive: 12 * 1024, send: 8 * 1024 };
export const SECURE_QUEUES = { ...QUEUES, send: 1024 };

/** Linux's numbers, as +USOER and +USOCTL=…,1 report them (guide 5.8). */
export const ERRNO = { none: 0, wouldBlock: 11, invalid: 22, connected: 106, notConnected: 107 } as const;

const ERRNO_OF: Readonly<Record<SocketFailure, number>> = {
  // As a failed +USOCO by name on a SARA-R4.
  dns: ERRNO.wouldBlock,
  refused: 111,
  timeout: 110,
  unreachable: 113,
  reset: 104,
  "address-in-use": 98,
  "address-not-available": 99,
  "message-too-long": 90,
  tls: 71,
  aborted: 103,
  other: 5,
};

export function errnoOf(error: unknown): number {
  if (error instanceof SocketError) return ERRNO_OF[error.failure];
  throw error;
}

/** +USOCTL=…,10 */
export const TCP_STATE = { inactive: 0, listening: 1, connecting: 2, established: 4, closing: 7 } as const;

/** The parameters of +USOCR. */
export interface SocketParts {
  readonly protocol: typeof TCP | typeof UDP;
  readonly cid: number;
  readonly preferIPv6: boolean;
  readonly localPort?: number;
}

/** One of the seven. */
export class ModemSocket {
  connection: TcpConnection | undefined;
  listener: TcpListener | undefined;
  datagrams: DatagramSocket | undefined;
  /** The peer of a connected UDP socket. */
  peer: Endpoint | undefined;
  /** +USOCO runs. */
  connecting = false;
  /** Number of a security profile; undefined: neither TLS nor DTLS. */
  security: number | undefined;
  /** +USOSO: values by level and option, `6,1`. */
  options = new Map<string, readonly number[]>();
  readonly triggers: Triggers;
  lastError: number = ERRNO.none;
  /** Bytes left of a datagram that was read in part. */
  restOfDatagram = 0;
  /** It was closed; its number may belong to another socket. */
  gone = false;
  /** Called when the socket goes. */
  release: () => void = () => undefined;
  readonly around: SocketSurroundings;
  readonly #life = new AbortController();

  constructor(
    readonly id: number,
    readonly parts: SocketParts,
    modem: Modem,
  ) {
    this.triggers = factoryTriggers(parts.protocol === UDP);
    this.around = {
      internet: modem.internet,
      signal: AbortSignal.any([this.#life.signal, modem.powerCycle]),
      reaches: (address) => reaches(modem, parts.cid, address),
    };
  }

  get isTcp(): boolean {
    return this.parts.protocol === TCP;
  }

  /** Bytes that wait to be sent, at most. */
  get sendQueue(): number {
    return (this.security === undefined ? QUEUES : SECURE_QUEUES).send;
  }

  /** Nothing more will come. */
  get ended(): boolean {
    return this.connection?.ended ?? this.datagrams?.over ?? false;
  }

  get tcpState(): number {
    if (this.listener !== undefined) return TCP_STATE.listening;
    if (this.connecting) return TCP_STATE.connecting;
    if (this.connection === undefined) return TCP_STATE.inactive;
    return this.connection.ended ? TCP_STATE.closing : TCP_STATE.established;
  }

  /** The value of +UUSORD: the rest of a partly read datagram, otherwise all unread bytes (guide 5.5, 5.7). */
  get unread(): number {
    if (this.restOfDatagram > 0) return this.restOfDatagram;
    return this.connection?.unread ?? this.datagrams?.unread ?? 0;
  }

  /** Ends everything at once, without telling the peer. */
  abort(): void {
    this.#life.abort();
    this.connection?.abort();
    this.listener?.close();
    this.datagrams?.close();
  }

  /** Resolves once the peer knows. */
  async close(): Promise<void> {
    if (this.connecting) this.#life.abort();
    this.listener?.close();
    this.datagrams?.close();
    await this.connection?.close(this.#linger);
  }

  /** +USOSO=…,65535,128, in ms, if switched on. */
  get #linger(): number | undefined {
    const [on, time] = this.options.get("65535,128") ?? [];
    return on === 1 ? time : undefined;
  }
}
