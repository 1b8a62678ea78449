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

/*
 * In, besides `msg.action`:
 *   import: `kind`, `certificateName`, `payload` (PEM text, or PEM or DER as a Buffer) or `filename` (a file on the modem),
 *     `password` (of an encrypted key; gone from the message afterwards)
 *   remove, hash: `kind`, `certificateName`
 *   session: `payload`, as the second output gave it; `profile` in it is not needed
 * Out 1, `msg.payload`:
 *   apply: `{ profile, certificates: [{ kind, name, md5, sent }] }` · list: `[{ kind, name, commonName?, expires? }]`
 *   import, hash: `{ kind, name, md5 }` · remove: `{ kind, name }` · session: `{ profile, type, server? }`
 * Out 2: `{ event: "session", payload: { profile, type, encrypted, data, size?, server } }`
 */
