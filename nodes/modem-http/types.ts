/** A row of the list of headers, as the core `http request` node saves it. */
export interface HeaderRow {
  /** `other`: the name is `keyValue`; `msg`: it is in that property; anything else is the name itself. */
  keyType: string;
  keyValue: string;
  /** As `keyType`, for the value. */
  valueType: string;
  valueValue: string;
}

/** Properties of the node as the editor saves them. */
export interface ModemHttpProperties {
  name: string;
  version: number;
  modem: string;
  method: string;
  url: string;
  ret: string;
  contentType: string;
  headers: HeaderRow[];
  authType: string;
  tls: string;
  timeout: number | string;
  /** "" for the modem's default one. */
  cid: number | string;
  verify: string;
  followRedirects: boolean | string;
  outbox: string;
  outboxLimit: number | string;
  outboxAge: number | string;
}

export interface ModemHttpCredentials {
  user?: string;
  password?: string;
}

export const HTTP_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"] as const;
/** `use`: the method is in `msg.method`. */
export const HTTP_METHOD_CHOICES = [...HTTP_METHODS, "use"] as const;
export const RETURN_TYPES = ["txt", "bin", "obj"] as const;
export const HTTP_AUTH_TYPES = ["none", "basic"] as const;
/** `always`: with a checksum wherever the modem has one. */
export const HTTP_VERIFICATIONS = ["auto", "always"] as const;

/** Where POST, PUT and DELETE wait until a server has answered. */
export const HTTP_OUTBOX_PLACES = ["off", "memory", "disk"] as const;

/** The defaults of the contract. */
export const MODEM_HTTP_DEFAULTS: Readonly<Omit<ModemHttpProperties, "name" | "version" | "modem">> = {
  method: "GET",
  url: "",
  ret: "txt",
  contentType: "",
  headers: [],
  authType: "none",
  tls: "",
  timeout: 120,
  cid: "",
  verify: "auto",
  followRedirects: true,
  outbox: "off",
  outboxLimit: 10_000,
  outboxAge: 0,
};

/** s */
export const HTTP_TIMEOUT_RANGE = { min: 1, max: 86_400 } as const;

export const HTTP_OUTBOX_RANGES = {
  limit: { min: 1, max: 1_000_000 },
  /** s; 0 keeps for ever. */
  age: { min: 0, max: 31_536_000 },
} as const;
