/** Properties of the node as the editor saves them. */
export interface ModemPdpProperties {
  name: string;
  version: number;
  modem: string;
  action: string;
  host: string;
  apn: string;
  pdpType: string;
  cid: number | string;
  primaryDns: string;
  secondaryDns: string;
}

export const PDP_ACTIONS = ["activate", "deactivate", "status", "ping", "resolve"] as const;
/** `msg`: the action is in `msg.action`. */
export const PDP_ACTION_CHOICES = ["msg", ...PDP_ACTIONS] as const;
export type PdpAction = (typeof PDP_ACTIONS)[number];

/** The defaults of the contract. */
export const MODEM_PDP_DEFAULTS: Readonly<Omit<ModemPdpProperties, "name" | "version" | "modem">> = {
  action: "msg",
  host: "",
  apn: "",
  pdpType: "",
  cid: "",
  primaryDns: "",
  secondaryDns: "",
};

/** What `ping` accepts from a message; each modem narrows this to the limits of its command. */
export const PING_RANGES = {
  count: { min: 1, max: 64 },
  /** bytes */
  size: { min: 1, max: 1460 },
  /** ms for one reply */
  timeout: { min: 10, max: 255_000 },
  ttl: { min: 1, max: 255 },
} as const;
