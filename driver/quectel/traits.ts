import type { Channel } from "../at/channel-types";
import type { ModelLimits } from "../services/model";
import type { QuectelTimeouts } from "./timeouts";

/** What is known of a Quectel model, for its services. */
export interface QuectelTraits {
  /** As errors call it. */
  readonly name: string;
  readonly limits: QuectelLimits;
  readonly timeouts: QuectelTimeouts;
  /** What QSSLCFG "ciphersuite" takes, by IANA name. */
  readonly cipherSuites: ReadonlyMap<string, string>;
}

/** A modem, and what is known of its model. */
export interface KnownModem {
  readonly channel: Channel;
  readonly model: QuectelTraits;
}

/** What the nodes are told, too. */
type Known = "contexts" | "certificateName" | "lacks" | "mqttSessions" | "mqttPayload" | "mqttTopic";

export interface QuectelLimits extends Required<Pick<ModelLimits, Known>> {
  /** Contexts that are active at a time. */
  readonly activeContexts: number;
  readonly sockets: number;
  /** Bytes of one send of a socket, and so of a datagram. */
  readonly send: number;
  /** Bytes of one read of a socket. */
  readonly read: number;
  /** SSL contexts, the HTTP client's own (1) first. */
  readonly sslContexts: readonly number[];
  /** Bytes: of a URL, of a GET's head and body, and of what the line may bring to a POST or PUT. */
  readonly http: { readonly url: number; readonly get: number; readonly post: number };
  readonly mqtt: {
    /** Characters of a broker's name, and bytes of a client id, user, password and will. */
    readonly host: number;
    readonly text: number;
    /** s */
    readonly keepAlive: number;
    /** Times that a packet is sent again. */
    readonly retries: number;
    /** Bytes that have arrived and may wait for the flow: the modem can't be told to wait. */
    readonly backlog: number;
  };
}
