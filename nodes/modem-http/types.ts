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
};

/** s */
export const HTTP_TIMEOUT_RANGE = { min: 1, max: 86_400 } as const;
