/** Properties of the node as the editor saves them. */
export interface ModemSocketProperties {
  name: string;
  version: number;
  /** Id of the config node `modem`. */
  modem: string;
  protocol: string;
  role: string;
  host: string;
  port: number | string;
  localPort: number | string;
  /** Id of the config node `modem-tls`, or "". */
  tls: string;
  keepAlive: number | string;
  ret: string;
  delimiter: string;
  mode: string;
  cid: number | string;
  linger: number | string;
  ttl: number | string;
  tos: number | string;
  appendDelimiter: boolean;
}

export const SOCKET_PROTOCOLS = ["tcp", "udp"] as const;
export const SOCKET_ROLES = ["connect", "listen"] as const;
export const SOCKET_RETURN_TYPES = ["buffer", "utf8"] as const;
export const SOCKET_MODES = ["command", "direct"] as const;
export const SOCKET_ACTIONS = ["connect", "close", "status"] as const;

/** The defaults of the contract. */
export const MODEM_SOCKET_DEFAULTS: Readonly<Omit<ModemSocketProperties, "name" | "version" | "modem">> = {
  protocol: "tcp",
  role: "connect",
  host: "",
  port: "",
  localPort: "",
  tls: "",
  keepAlive: 0,
  ret: "buffer",
  delimiter: "",
  mode: "command",
  cid: "",
  linger: "",
  ttl: "",
  tos: "",
  appendDelimiter: false,
};

export const SOCKET_RANGES = {
  port: { min: 1, max: 65_535 },
  /** s; each model narrows this to the limits of its command. */
  keepAlive: { min: 0, max: 32_767 },
  linger: { min: 0, max: 32_767 },
  ttl: { min: 1, max: 255 },
  tos: { min: 0, max: 255 },
} as const;
