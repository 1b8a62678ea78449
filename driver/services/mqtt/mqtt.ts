import type { ModemError } from "../../errors";
import type { SecurityProfile } from "../security/security";

export type Qos = 0 | 1 | 2;

/** What the broker publishes for a client that goes without a word. */
export interface Will<Topic = string> {
  readonly topic: Topic;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
}

/** How long an operation may take, its wait for the modem's client included. */
export interface SessionWait {
  /** ms */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/** A message on its way to the broker. */
export interface Publication<Topic = string> {
  readonly topic: Topic;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
}

/** A message from the broker. No modem tells whether it was retained. */
export interface Delivery<Topic = string> {
  readonly topic: Topic;
  readonly payload: Buffer;
  /** Left out where the modem doesn't tell. */
  readonly qos?: Qos;
}

/** What a session tells its owner. */
export interface SessionEvents<Topic = string> {
  /** In order of arrival. The modem is not read further before the promise is settled. */
  onMessage(message: Delivery<Topic>): void | Promise<void>;
  /** A message came that was damaged between modem and gateway, and can't be read again. The session goes on. */
  onDamaged?(error: ModemError): void;
  /** Once, unless `disconnect` ended the session: broker, network or modem did. After the last `onMessage`. */
  onClosed(error: ModemError): void;
}

/** What both protocols need to log in. */
export interface SessionOptions<Topic = string> extends SessionWait {
  /** Name or address. */
  readonly host: string;
  readonly port: number;
  /** The modem's IMEI where it is left out. */
  readonly clientId?: string;
  /** s, 0–65535: what goes without traffic for longer is lost; the modem pings in time. 0: for ever. */
  readonly keepAlive: number;
  readonly cleanSession: boolean;
  readonly will?: Will<Topic>;
  readonly security?: SecurityProfile;
  /** PDP context; the modem's default one when left out. */
  readonly cid?: number;
  /** As others who want the same client, or its TLS connection, are told who has it. */
  readonly owner: string;
}

export interface MqttOptions extends SessionOptions {
  readonly version: "3.1" | "3.1.1";
  readonly user?: string;
  readonly password?: string;
}

/** A session that stands, by either protocol. Operations are carried out one after the other, in order. */
export interface BrokerSession<Topic = string> {
  /**
   * Resolves with the broker's acknowledgement (QoS 1 and 2), or when the modem has sent it (QoS 0).
   *
   * @throws {ModemError} `INVALID_INPUT` for what can't be carried exactly: nothing was sent. `MODEM_REJECTED` when the
   * modem refused it; `MODEM_TIMEOUT`, `CONNECTION_CLOSED`, … when it may have been sent; the abort reason
   */
  publish(message: Publication<Topic>, wait: SessionWait): Promise<void>;
  /**
   * Resolves with the QoS that the broker granted; undefined where the modem doesn't tell.
   *
   * @throws {ModemError} `PROTOCOL_ERROR` where the broker refused
   */
  subscribe(filter: Topic, qos: Qos, wait: SessionWait): Promise<Qos | undefined>;
  unsubscribe(filter: Topic, wait: SessionWait): Promise<void>;
  /** Asks whether the session stands. @throws {ModemError} `CONNECTION_CLOSED` */
  ping(wait: SessionWait): Promise<void>;
  /** Leaves by a DISCONNECT, so that no will is published. Never fails; resolves when the modem's client is free. */
  disconnect(wait: SessionWait): Promise<void>;
}

/** MQTT 3.1 and 3.1.1 by the modem's own client. */
export interface MqttService {
  /**
   * Takes one of the modem's clients and logs in. The client, and the place for TLS, are held until the session ends.
   *
   * @throws {ModemError} `INVALID_INPUT`, `NOT_SUPPORTED` (such as `cleanSession: false`), `MODEM_BUSY` naming who has the
   * client, `DNS_FAILED`, `CONNECT_FAILED`, `TLS_FAILED`, `PROTOCOL_ERROR` where the broker refused the login,
   * `NO_CONNECTION`, `MODEM_TIMEOUT`, …
   */
  connect(options: MqttOptions, events: SessionEvents): Promise<BrokerSession>;
}
