/** Registration, cells and PDP contexts: the one state behind the commands of all personalities. */
export interface Radio {
  /** +CFUN: 0 off, 1 full, 4 airplane. */
  readonly functionality: number;
  setFunctionality(value: number): void;
  /** +CEREG's <stat>: 0, 1 home, 2 searching, 3 denied, 4 unknown, 5 roaming. */
  readonly registration: number;
  readonly attached: boolean;
  /** +CGATT; detaching takes every context down. */
  attach(on: boolean): void;
  /** +COPS: 0 automatic, 1 manual, 2 deregistered, 4 manual, then automatic. */
  readonly selection: number;
  select(mode: number): void;
  /** dBm and dB. */
  readonly signal: { rssi: number; rsrp: number; rsrq: number };
  /** The serving cell; tac and ci in hexadecimal digits, as 27.007 prints them. */
  readonly cell: { readonly mcc: string; readonly mnc: string; readonly tac: string; readonly ci: string };
  /** 27.007's <AcT>: 7 E-UTRAN, 8 Cat M1 as Quectel counts. */
  readonly technology: number;
  /** Whether there is a radio connection (+CSCON). */
  readonly connected: boolean;
  /** Data moves: brings the radio connection up; it is released some seconds after the last traffic. */
  traffic(): void;
  readonly contexts: ReadonlyMap<number, Context>;
  /** NVM. */
  define(context: ContextDefinition): void;
  undefine(cid: number): void;
  /**
   * Resolves once active, with latency; rejects with the 27.007 number of the refusal (30 no service, 33 refused APN,
   * 149 authentication).
   */
  activate(cid: number): Promise<void>;
  deactivate(cid: number): void;
  /** The 27.007 number of the network's last refusal in this power cycle, for +CEER. */
  readonly refusal: number | undefined;
  /** Called for each context that goes down, by command or by the network. Listeners end with the power cycle. */
  onDeactivated(listener: (cid: number, byNetwork: boolean) => void): void;
  onActivated(listener: (cid: number) => void): void;
  onRegistration(listener: (stat: number) => void): void;
  onConnected(listener: (connected: boolean) => void): void;
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
