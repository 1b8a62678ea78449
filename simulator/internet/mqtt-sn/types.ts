import type { TlsSettings } from "../tls/types";

/** −1: without a session (MQTT-SN 6.8). */
export type SnQoS = -1 | 0 | 1 | 2;

/** MQTT-SN 5.3.4 */
export const TOPIC_TYPE = { normal: 0, predefined: 1, short: 2 } as const;
export type TopicType = (typeof TOPIC_TYPE)[keyof typeof TOPIC_TYPE];

/** How a message names its topic; the two characters of a short name are a number, too. */
export interface TopicId {
  readonly type: TopicType;
  readonly id: number;
}

/** What a subscription is for: a name, also a short one, or a predefined number. */
export interface TopicFilter {
  readonly type: TopicType;
  readonly topic: string | number;
}

export interface SnMessage {
  readonly topic: TopicId;
  readonly payload: Buffer;
  readonly qos: SnQoS;
  readonly retain: boolean;
}

export interface SnWill {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** What CONNECT says (MQTT-SN 5.4.4). */
export interface SnLogin {
  readonly clientId: string;
  /** s; 0: no keep-alive */
  readonly duration: number;
  readonly clean: boolean;
  readonly will?: SnWill;
}

export interface GatewayTarget {
  readonly host: string;
  readonly port: number;
  readonly preferIPv6?: boolean;
  /** ms until a message that was not answered goes out again; 10 s if left out. */
  readonly retryAfter?: number;
  /** Left out for datagrams as they are. */
  readonly dtls?: TlsSettings;
}

/** `dismissed`: the gateway does not know the client any more; `lost`: there is no way to it any more. */
export type SnEnd = "dismissed" | "lost";

/** No event comes after `ended`, or after the connection was closed or aborted by its owner. */
export interface SnEvents {
  message(message: SnMessage): void;
  ended(reason: SnEnd): void;
}

/** MQTT-SN 5.3.10 */
export const RETURN_CODE = { accepted: 0, congestion: 1, invalidTopicId: 2, notSupported: 3 } as const;

export class SnError extends Error {
  /** @param failure `timeout`: no answer to all repetitions; `refused`: the gateway's return code is no 0 */
  constructor(
    readonly failure: "timeout" | "refused" | "aborted" | SnEnd,
    message: string,
  ) {
    super(message);
  }
}
