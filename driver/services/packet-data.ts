import type { KeptNameServers } from "./name-servers";

export type PdpType = "IP" | "IPV6" | "IPV4V6";
export type AuthType = "none" | "pap" | "chap";

/** What a data connection is made with. */
export interface PdpContext {
  /** LARA-R6 1–8, BG96 1–16. */
  readonly cid: number;
  /** Empty: the network's choice. */
  readonly apn: string;
  readonly pdpType: PdpType;
  readonly authType: AuthType;
  readonly user?: string;
  readonly password?: string;
}

/** What a data connection is. */
export interface PdpStatus {
  readonly cid: number;
  readonly active: boolean;
  readonly apn: string;
  readonly type: PdpType;
  /** IPv4 in dotted form, IPv6 as RFC 5952 writes it. */
  readonly addresses: readonly string[];
  readonly dns: readonly string[];
  readonly mtu?: number;
}

/** PDP contexts of the modem's own IP stack. */
export interface PacketDataService {
  /** Writes the definition when it differs from what the modem holds. */
  define(context: PdpContext): Promise<void>;
  /** Activates a defined context; does nothing when it is active. @throws {ModemError} `NO_CONNECTION` */
  activate(cid: number): Promise<void>;
  deactivate(cid: number): Promise<void>;
  status(cid: number): Promise<PdpStatus>;
  /**
   * Overrides the network's DNS servers; an empty string leaves one alone. They are kept, and set again whenever the
   * context is activated.
   */
  setDns(cid: number, primary: string, secondary: string): Promise<void>;
  /** Takes over the name servers of earlier sessions, and keeps new ones there. */
  keepNameServers?(kept: KeptNameServers): void;
  /** For the log: what the flow's author should know of an active context although it works. */
  advise?(cid: number): Promise<string | undefined>;
  /** Calls `listener` when the network or the modem takes an active context away; returns the way out. */
  onLost(listener: (cid: number, reason: string) => void): () => void;
}
