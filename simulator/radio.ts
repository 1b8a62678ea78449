/** Registration, cells and PDP contexts: one truth for the commands of all personalities. */
export interface Radio {
  /** +CFUN: 0 off, 1 full, 4 airplane. */
  readonly functionality: number;
  setFunctionality(value: number): void;
  /** +CEREG's <stat>: 0, 1 home, 2 searching, 3 denied, 4 unknown, 5 roaming. */
  readonly registration: number;
  readonly attached: boolean;
  /** dBm and dB. */
  readonly signal: { rssi: number; rsrp: number; rsrq: number };
  readonly contexts: ReadonlyMap<number, Context>;
  /** NVM. */
  define(context: ContextDefinition): void;
  /** Resolves when active, with latency; rejects with the 27.007 number of the refusal (e.g. 30 no service, 33/132 refused APN, 149 authentication). */
  activate(cid: number): Promise<void>;
  deactivate(cid: number): void;
  /** Called for each loss of a context by the network. */
  onDeactivated(listener: (cid: number, byNetwork: boolean) => void): void;
  onRegistration(listener: (stat: number) => void): void;
}

export interface ContextDefinition {
  readonly cid: number;
  readonly type: "IP" | "IPV6" | "IPV4V6";
  readonly apn: string;
  readonly auth?: { readonly protocol: number; readonly user: string; readonly password: string };
}

export interface Context extends ContextDefinition {
  readonly active: boolean;
  /** IPv4 dotted, IPv6 in RFC 5952's form. */
  readonly addresses: readonly string[];
  readonly dns: readonly string[];
  readonly mtu: number;
}
