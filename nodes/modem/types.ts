import { DEFAULT_SETTINGS } from "../../driver/modem-types";
import type { KnownModel } from "../common/model-fit";

/** Properties of the config node `modem` as the editor saves them; an environment variable makes any of them a text. */
export interface ModemProperties {
  name: string;
  version: number;
  port: string;
  baudRate: number | string;
  flowControl: boolean;
  dataBits: number | string;
  parity: string;
  stopBits: number | string;
  model: string;
  apn: string;
  pdpType: string;
  cid: number | string;
  authType: string;
  primaryDns: string;
  secondaryDns: string;
  mnoProfile: number | string;
  xlat: string;
  connect: string;
  timeout: number | string;
  queue: number | string;
  trace: boolean;
}

export interface ModemCredentials {
  pin?: string;
  apnUser?: string;
  apnPassword?: string;
}

export const PARITIES = ["none", "even", "odd", "mark", "space"] as const;
export const PDP_TYPES = ["IPV4V6", "IP", "IPV6"] as const;
export const AUTH_TYPES = ["none", "pap", "chap"] as const;
export const CONNECT_MODES = ["auto", "manual"] as const;
/** "" leaves the modem's setting alone. */
export const XLAT_MODES = ["on", "off"] as const;

/** The defaults of the contract: the driver's, and those of the dialog alone. */
export const MODEM_DEFAULTS = {
  ...DEFAULT_SETTINGS,
  port: "",
  primaryDns: "",
  secondaryDns: "",
  mnoProfile: "",
  xlat: "",
  timeout: 60,
  queue: 1000,
  trace: false,
} satisfies Omit<ModemProperties, "name" | "version">;

/** Ranges for the dialog and the runtime. */
export const MODEM_RANGES = {
  baudRate: { min: 300, max: 4_000_000 },
  mnoProfile: { min: 0, max: 999 },
  /** s */
  timeout: { min: 1, max: 86_400 },
  queue: { min: 0, max: 1_000_000 },
} as const;

/** Path of the port list, relative to the admin root. */
export const PORTS_PATH = "cellular-modem/ports";

/** A model as the editor offers it: the runtime hands the list over as `RED.settings.modemModels`. */
export interface ModelChoice extends KnownModel {
  readonly manufacturer: string;
}

/** A port that the editor offers. */
export interface PortChoice {
  readonly path: string;
  readonly label: string;
}
