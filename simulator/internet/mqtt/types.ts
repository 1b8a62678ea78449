import type { SecureTarget } from "../tls/open-secure";
import type { TlsConnection, TlsSettings } from "../tls/types";

export type QoS = 0 | 1 | 2;

/** Topics are text; only personalities know how a modem writes it. */
export interface MqttMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
}

export interface ReceivedMessage extends MqttMessage {
  /** Packet identifier; 0 with QoS 0. */
  readonly messageId: number;
  readonly duplicate: boolean;
}

/** Name or address and port of the broker; the timeout bounds the connection and the handshake. */
export interface BrokerTarget extends SecureTarget {
  /** Left out for a connection without TLS. */
  readonly tls?: TlsSettings;
  /** Called once the handshake is over. */
  readonly onTls?: (connection: TlsConnection) => void;
}

/** What CONNECT says (MQTT 3.1.1, 3.1). */
export interface Login {
  /** 3: MQTT 3.1; 4: MQTT 3.1.1. */
  readonly version: 3 | 4;
  readonly clientId: string;
  readonly user?: string;
  readonly password?: Buffer;
  /** s; 0: none */
  readonly keepAlive: number;
  readonly clean: boolean;
  readonly will?: MqttMessage;
}

/** CONNACK (MQTT 3.1.1, 3.2). */
export interface LoginAnswer {
  /** 0: accepted. */
  readonly code: number;
  readonly sessionPresent: boolean;
}

/** How long an answer may take, and what the client does without one. */
export interface Wait {
  /** ms for each attempt */
  readonly timeout: number;
  /** How often the packet goes out again, marked as a duplicate where the protocol has such a mark; 0 if left out. */
  readonly retries?: number;
  /** Called when the packet has gone out again, with the count of that. */
  readonly retried?: (count: number) => void;
}

/** `closed`: the broker hung up; `lost`: the connection broke; `protocol`: the broker sent what is no MQTT. */
export type SessionEnd = "closed" | "lost" | "protocol";

/** No event comes after `ended`, or after the connection was closed or aborted by its owner. */
export interface MqttEvents {
  message(message: ReceivedMessage): void;
  ended(reason: SessionEnd): void;
  /** Whether this acknowledgement of a publish is lost by a fault; none is when left out. */
  losesAcknowledgement?(): boolean;
}

/** `tls`: the broker refused the client's certificate after the handshake, which TLS 1.3 allows. */
export type MqttFailure = SessionEnd | "timeout" | "tls" | "aborted";

export class MqttError extends Error {
  constructor(
    readonly failure: MqttFailure,
    message: string,
  ) {
    super(message);
  }
}
