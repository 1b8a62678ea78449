export const TLS_PROFILE_ACTIONS = ["msg", "apply", "list", "import", "remove", "hash", "session"] as const;
export type TlsProfileAction = (typeof TLS_PROFILE_ACTIONS)[number];

/** Properties of the node as the editor saves them. */
export interface ModemTlsProfileProperties {
  name: string;
  version: number;
  /** Id of the config node `modem`. */
  modem: string;
  /** `msg`: as `msg.action` says. */
  action: TlsProfileAction;
  /** Id of the config node `modem-tls`; `apply` and `session` need one. */
  tls: string;
}

/** The defaults of the contract. */
export const MODEM_TLS_PROFILE_DEFAULTS: Readonly<Omit<ModemTlsProfileProperties, "name" | "version" | "modem">> = {
  action: "msg",
  tls: "",
};
