/** Properties of the node as the editor saves them. */
export interface ModemAtProperties {
  name: string;
  version: number;
  modem: string;
  command: string;
  timeout: number | string;
  ret: string;
  /** Prefixes, in a list or in one text with commas. */
  urcs: string | string[];
}

export const AT_RETURN_TYPES = ["lines", "parsed"] as const;

export const MODEM_AT_DEFAULTS: Readonly<Omit<ModemAtProperties, "name" | "version" | "modem">> = {
  command: "",
  timeout: 60,
  ret: "lines",
  urcs: "",
};

/** s */
export const AT_TIMEOUT_RANGE = { min: 0.1, max: 3600 } as const;
