import { MODELS } from "../../driver/models";
import type { ModemSettings } from "../../driver/modem-types";
import { CONTEXT_RANGE } from "../common/limits";
import { flag, optionalChoice, optionalInteger, optionalText, requiredText } from "../common/message/input";
import {
  AUTH_TYPES,
  CONNECT_MODES,
  MODEM_DEFAULTS,
  MODEM_RANGES,
  type ModemCredentials,
  type ModemProperties,
  PARITIES,
  PDP_TYPES,
  XLAT_MODES,
} from "./types";

/**
 * The driver's settings from what the dialog saved; converts texts from environment variables to their types.
 *
 * @throws {ModemError} `INVALID_INPUT`, naming the property
 */
export function modemSettings(properties: ModemProperties, credentials: ModemCredentials): ModemSettings {
  const mnoProfile = optionalInteger(properties.mnoProfile, "mnoProfile", MODEM_RANGES.mnoProfile);
  const xlat = optionalChoice(properties.xlat, "xlat", XLAT_MODES);
  return {
    port: requiredText(properties.port, "port", ": enter one in the modem's settings").trim(),
    ...lineSettings(properties),
    model:
      optionalChoice(properties.model, "model", ["auto", ...MODELS.map(({ name }) => name)]) ?? MODEM_DEFAULTS.model,
    apn: optionalText(properties.apn, "apn") ?? MODEM_DEFAULTS.apn,
    pdpType: optionalChoice(properties.pdpType, "pdpType", PDP_TYPES) ?? MODEM_DEFAULTS.pdpType,
    cid: optionalInteger(properties.cid, "cid", CONTEXT_RANGE) ?? MODEM_DEFAULTS.cid,
    authType: optionalChoice(properties.authType, "authType", AUTH_TYPES) ?? MODEM_DEFAULTS.authType,
    connect: optionalChoice(properties.connect, "connect", CONNECT_MODES) ?? MODEM_DEFAULTS.connect,
    ...nameServers(properties),
    ...(mnoProfile === undefined ? {} : { mnoProfile }),
    ...(xlat === undefined ? {} : { xlat: xlat === "on" }),
    ...secrets(credentials),
  };
}

function nameServers(properties: ModemProperties): Pick<ModemSettings, "primaryDns" | "secondaryDns"> {
  const primaryDns = optionalText(properties.primaryDns, "primaryDns")?.trim();
  const secondaryDns = optionalText(properties.secondaryDns, "secondaryDns")?.trim();
  return {
    ...(primaryDns === undefined ? {} : { primaryDns }),
    ...(secondaryDns === undefined ? {} : { secondaryDns }),
  };
}

type LineSettings = Pick<ModemSettings, "baudRate" | "flowControl" | "dataBits" | "parity" | "stopBits">;

function lineSettings(properties: ModemProperties): LineSettings {
  return {
    baudRate: optionalInteger(properties.baudRate, "baudRate", MODEM_RANGES.baudRate) ?? MODEM_DEFAULTS.baudRate,
    flowControl: flag(properties.flowControl, "flowControl", MODEM_DEFAULTS.flowControl),
    dataBits: optionalChoice(properties.dataBits, "dataBits", ["7", "8"]) === "7" ? 7 : 8,
    parity: optionalChoice(properties.parity, "parity", PARITIES) ?? MODEM_DEFAULTS.parity,
    stopBits: optionalChoice(properties.stopBits, "stopBits", ["1", "2"]) === "2" ? 2 : 1,
  };
}

function secrets(credentials: ModemCredentials): ModemCredentials {
  const given: ModemCredentials = {};
  for (const name of ["pin", "apnUser", "apnPassword"] as const) {
    const value = optionalText(credentials[name], name);
    if (value !== undefined) given[name] = value;
  }
  return given;
}
