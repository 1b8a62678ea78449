import { createHash } from "node:crypto";
import { isIP } from "node:net";
import type { ProfileMaterial } from "../../driver/services/security/profile-material";
import {
  RESUMPTION_TYPES,
  type SecurityProfile,
  type SharedSecret,
  TLS_VERSIONS,
  VALIDATION_LEVELS,
} from "../../driver/services/security/security";
import { invalid } from "../common/errors";
import { withoutBlanks } from "../common/message/blanks";
import { asciiHost } from "../common/message/host-name";
import { flag, isEmpty, optionalChoice, optionalText } from "../common/message/input";
import { isCipherSuiteName } from "./cipher-suites";
import { readMaterial } from "./material";
import { MODEM_TLS_DEFAULTS, type ModemTlsCredentials, type ModemTlsProperties, SECRET_FORMATS } from "./types";

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The driver's profile from what the dialog saved. Reads files on the gateway; `checkMaterial` checks their content.
 *
 * @throws {ModemError} `INVALID_INPUT`, naming the property
 */
export function securityProfile(
  id: string,
  properties: ModemTlsProperties,
  credentials: ModemTlsCredentials,
): SecurityProfile {
  const { validation, minVersion, resumption, resumptionEncrypted, rootOfTrustPsk } = properties;
  const optional = {
    serverName: serverName(properties.serverName),
    sni: sni(properties.sni),
    pinnedKey: readMaterial(properties.pinnedKey, "pinnedKey"),
    ca: readMaterial(credentials.ca, "ca"),
    cert: readMaterial(credentials.cert, "cert"),
    key: readMaterial(credentials.key, "key"),
    keyPassword: optionalText(credentials.keyPassword, "keyPassword"),
    psk: secret(credentials.psk, "psk", properties.pskFormat),
    pskIdentity: secret(credentials.pskIdentity, "pskIdentity", properties.pskIdentityFormat),
  };
  return {
    id,
    name: optionalText(properties.name, "name") ?? "modem tls",
    validation: optionalChoice(validation, "validation", VALIDATION_LEVELS) ?? MODEM_TLS_DEFAULTS.validation,
    minVersion: optionalChoice(minVersion, "minVersion", TLS_VERSIONS) ?? MODEM_TLS_DEFAULTS.minVersion,
    ciphers: cipherSuites(properties.ciphers),
    resumption: optionalChoice(resumption, "resumption", ["off", ...RESUMPTION_TYPES]) ?? MODEM_TLS_DEFAULTS.resumption,
    resumptionEncrypted: flag(resumptionEncrypted, "resumptionEncrypted", MODEM_TLS_DEFAULTS.resumptionEncrypted),
    rootOfTrustPsk: flag(rootOfTrustPsk, "rootOfTrustPsk", MODEM_TLS_DEFAULTS.rootOfTrustPsk),
    ...withoutUndefined(optional),
  };
}

/**
 * A hash of all settings that make and check a connection. A session made under another policy must not be resumed:
 * its checks would be skipped.
 */
export function policyOf(profile: SecurityProfile): string {
  const { id: _id, name: _name, sessions: _sessions, ...policy } = profile;
  const parts = Object.entries(policy)
    .map(([key, value]) => [key, value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value])
    .sort(([a], [b]) => String(a).localeCompare(String(b)));
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** Whole days until the first certificate expires, negative once one has; undefined if there is none. */
export function daysLeft({ ca, cert, pinned }: ProfileMaterial): number | undefined {
  const ends = [ca, cert, pinned].flatMap((certificate) => certificate?.expires?.getTime() ?? []);
  return ends.length === 0 ? undefined : wholeDaysUntil(Math.min(...ends));
}

/** @param end ms since 1970 */
export function wholeDaysUntil(end: number): number {
  return Math.floor((end - Date.now()) / DAY_MS);
}

function serverName(value: unknown): string | undefined {
  const name = withoutBlanks(optionalText(value, "serverName") ?? "");
  if (isEmpty(name)) return undefined;
  const host = asciiHost(name);
  if (host === undefined) throw invalid("serverName", "is not a host name");
  return host;
}

/** An address is not allowed as a server name (RFC 6066, 3). */
function sni(value: unknown): string | undefined {
  const name = withoutBlanks(optionalText(value, "sni") ?? "");
  if (isEmpty(name)) return undefined;
  if (isIP(name) !== 0) throw invalid("sni", "must be a host name, not an address");
  const host = asciiHost(name);
  if (host === undefined || isIP(host) !== 0) throw invalid("sni", "is not a host name");
  return host;
}

/** A list, or a text with names separated by commas, as an environment variable gives it. */
function cipherSuites(value: unknown): string[] {
  const names: unknown = typeof value === "string" ? value.split(/[\s,:;]+/).filter((name) => name !== "") : value;
  if (isEmpty(names)) return [];
  if (!Array.isArray(names)) throw invalid("ciphers", "must be a list of names");
  return names.map((name) => {
    if (typeof name === "string" && isCipherSuiteName(name)) return name;
    throw invalid("ciphers", "must be IANA names, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  });
}

/** `checkMaterial` checks its length and digits. */
function secret(value: unknown, field: "psk" | "pskIdentity", format: unknown): SharedSecret | undefined {
  const text = optionalText(value, field);
  const name = field === "psk" ? "pskFormat" : "pskIdentityFormat";
  const known = optionalChoice(format, name, SECRET_FORMATS) ?? "text";
  return text === undefined ? undefined : { value: text, format: known };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
