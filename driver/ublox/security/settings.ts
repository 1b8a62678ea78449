import { createHmac, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import type { Channel } from "../../at/channel-types";
import type { Command } from "../../at/command";
import { type Field, quote, splitFields, toInteger, unquotable } from "../../at/fields";
import type { Line } from "../../at/line";
import { withoutBrackets } from "../../cellular/addresses";
import { ask, unlessRejected } from "../../cellular/commands";
import { isModemError, ModemError } from "../../errors";
import { ownName } from "../../services/security/certificate";
import { checkMaterial, type ProfileMaterial } from "../../services/security/profile-material";
import type { SecurityProfile, SharedSecret, TlsVersion, ValidationLevel } from "../../services/security/security";
import { command, query } from "../commands";
import type { UbloxTraits } from "../traits";
import { cipherSettings, isTls13Suite } from "./cipher-suites";

/** Names on the modem of what a profile's material was found, or imported, as. */
export interface MaterialNames {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly pinned?: string;
}

/** A security profile in the modem's terms: every field is checked and quoted before the first command goes out. */
export interface SecurityPlan {
  /** The profile's name, for messages. */
  readonly operation: string;
  readonly material: ProfileMaterial;
  /** The same for the same settings, in this process; nothing can be learned from it. */
  readonly key: string;
  /** In the order of their ops, those left out that name certificates. */
  readonly settings: readonly Setting[];
}

/** One +USECPRF: what follows the profile's number. */
export interface Setting {
  readonly op: number;
  readonly values: readonly (Field | number)[];
  /** What the modem lacks that refuses this one. */
  readonly refused?: string;
  /** Values for firmware that refuses the others. */
  readonly fallback?: readonly (Field | number)[];
}

/** What a plan goes by. */
type Model = Pick<UbloxTraits, "cipherSuites">;

/** Op codes of +USECPRF (guide 3.2, 3.5 and 7.12.2; AT manuals of the sister modems for 4, 7 to 9, 11 and 12). */
const OP = {
  validation: 0,
  version: 1,
  ciphers: 2,
  ca: 3,
  host: 4,
  cert: 5,
  key: 6,
  keyPassword: 7,
  psk: 8,
  pskIdentity: 9,
  sni: 10,
  rootOfTrustPsk: 11,
  pinning: 12,
} as const;

const VALIDATION: Readonly<Record<ValidationLevel, number>> = { none: 0, ca: 1, "ca+host": 2, "ca+host+date": 3 };
const VERSION: Readonly<Record<TlsVersion, number>> = { any: 0, "1.0": 1, "1.1": 2, "1.2": 3, "1.3": 4 };
const HEX = 1;
/** Pinning compares public keys, so that a certificate that was renewed with the same key still fits. */
const PIN_PUBLIC_KEY = 1;

/** Characters (AT manuals of the sister modems; ubxlib). */
const MAX = { name: 200, host: 256, sni: 128, password: 128, psk: 128, pskIdentity: 128 } as const;

/** Without it a guess of a secret could be tested on the fingerprint. */
const FINGERPRINT_KEY = randomBytes(32);

/**
 * @param host of the URL, to be expected and indicated where the profile names no other; IPv6 with or without brackets
 * @throws {ModemError} `INVALID_INPUT`, naming the field
 */
export function planSecurity(profile: SecurityProfile, host: string, { cipherSuites }: Model): SecurityPlan {
  const material = checkMaterial(profile);
  const settings: Setting[] = [
    { op: OP.validation, values: [choice(VALIDATION, profile.validation, "validation")] },
    versionSetting(profile, cipherSuites),
    ...suiteSettings(profile, cipherSuites),
    ...hostSettings(profile, withoutBrackets(host).replace(/\.$/, "")),
    ...secretSettings(profile, material),
  ];
  return {
    operation: profile.name,
    material,
    key: fingerprint(profile, material, settings),
    settings: inOrder(settings),
  };
}

/**
 * Resets profile `number` of the modem (guide 3.2) and sets what is planned. When it rejects, a part may be set.
 *
 * @throws {ModemError} `NOT_SUPPORTED` for what this firmware lacks; `MODEM_REJECTED`
 */
export async function configure(
  channel: Channel,
  number: number,
  plan: SecurityPlan,
  names: MaterialNames,
  signal?: AbortSignal,
): Promise<void> {
  const settings = inOrder([...plan.settings, ...nameSettings(names)]);
  await channel.send(command("+USECPRF=", [number], { signal }));
  for (const { op, values, fallback, refused } of settings) {
    const attempts = fallback === undefined ? [values] : [values, fallback];
    const taken = await sendFirst(
      channel,
      attempts.map((attempt) => command("+USECPRF=", [number, op, ...attempt], { signal })),
    );
    if (taken === undefined) continue;
    throw refused === undefined ? taken : unsupported(plan.operation, refused, taken);
  }
}

/** Settings that the modem tells, and that are 0 in a profile that was reset. */
const TOLD: readonly number[] = [OP.validation, OP.version];

/**
 * Whether profile `number` still has what `configure` has set. The modem tells of no reboot (AT facts 1.8), and a profile
 * that has lost its settings by one checks nothing. A pin is the one check whose loss shows in neither.
 */
export async function isInForce(
  channel: Channel,
  number: number,
  { settings, material }: SecurityPlan,
  signal?: AbortSignal,
): Promise<boolean> {
  const told = settings.find(({ op, values }) => TOLD.includes(op) && values[0] !== 0);
  if (told === undefined) return material.pinned === undefined;
  const accepts = (line: Line): boolean => {
    const [ofProfile, op] = splitFields(line).map(toInteger);
    return ofProfile === number && op === told.op;
  };
  const question = query("+USECPRF=", [number, told.op], { expects: [{ prefix: "+USECPRF:", accepts }], signal });
  const answer = await unlessRejected(ask(channel, question));
  return toInteger(answer?.[0]?.[2]) === told.values[0];
}

/** Sends one after the other until one is taken: resolves to undefined then, else to the last rejection. */
async function sendFirst(channel: Channel, attempts: readonly Command[]): Promise<ModemError | undefined> {
  let rejected: ModemError | undefined;
  for (const attempt of attempts) {
    try {
      await channel.send(attempt);
      return undefined;
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) throw error;
      rejected = error;
    }
  }
  return rejected;
}

function unsupported(operation: string, refused: string, { cause }: ModemError): ModemError {
  return new ModemError("NOT_SUPPORTED", `Security profile ${operation}: ${refused}`, cause);
}

function inOrder(settings: readonly Setting[]): Setting[] {
  return settings.toSorted((one, other) => one.op - other.op);
}

function nameSettings({ ca, cert, key, pinned }: MaterialNames): Setting[] {
  const named = (op: number, name: string | undefined, ...more: number[]): Setting[] =>
    name === undefined ? [] : [{ op, values: [quote(name, { field: "certificate name", max: MAX.name }), ...more] }];
  const pinning = named(OP.pinning, pinned, PIN_PUBLIC_KEY);
  return [
    ...named(OP.ca, ca),
    ...named(OP.cert, cert),
    ...named(OP.key, key),
    ...pinning.map((setting) => ({ ...setting, refused: "pinnedKey: the modem's firmware can't pin a key" })),
  ];
}

/** A ticket of TLS 1.3 needs it, whatever else would be allowed (guide 3.4.4.5). */
function versionSetting({ minVersion, resumption, ciphers }: SecurityProfile, suites: Model["cipherSuites"]): Setting {
  const version = resumption === "psk-ticket" ? "1.3" : minVersion;
  if (version === "1.3" && ciphers.length > 0 && !ciphers.some((name) => isTls13Suite(name, suites))) {
    const reason = resumption === "psk-ticket" ? "a psk-ticket needs TLS 1.3" : "minVersion is 1.3";
    throw new ModemError("INVALID_INPUT", `ciphers: ${reason}, of which none of them is`);
  }
  return {
    op: OP.version,
    values: [choice(VERSION, version, "minVersion")],
    ...(version === "any" ? {} : { refused: `minVersion: the modem's firmware does not have TLS ${version}` }),
  };
}

function suiteSettings({ ciphers }: SecurityProfile, suites: Model["cipherSuites"]): Setting[] {
  const settings = cipherSettings(ciphers, suites);
  const refused =
    settings.length > 1
      ? "ciphers: the modem's firmware takes no list of cipher suites; choose one, or none for the modem's own"
      : "ciphers: the modem's firmware does not have this cipher suite";
  return settings.map((setting) => ({ op: OP.ciphers, ...setting, ...(ciphers.length === 0 ? {} : { refused }) }));
}

/** A name for the certificate matters only where it is compared; RFC 6066 3 has no addresses in an SNI. */
function hostSettings({ validation, serverName, sni }: SecurityProfile, host: string): Setting[] {
  const expected = validation === "ca+host" || validation === "ca+host+date" ? serverName || host : "";
  const indicated = sni || (isIP(host) === 0 ? host : "");
  return [
    ...(expected === "" ? [] : [{ op: OP.host, values: [quote(expected, { field: "serverName", max: MAX.host })] }]),
    ...(indicated === "" ? [] : [{ op: OP.sni, values: [quote(indicated, { field: "sni", max: MAX.sni })] }]),
  ];
}

function secretSettings(profile: SecurityProfile, { key }: ProfileMaterial): Setting[] {
  const { keyPassword, psk, pskIdentity, rootOfTrustPsk } = profile;
  const refused = "rootOfTrustPsk: the modem's firmware has no key in a root of trust";
  const settings: Setting[] = [];
  if (key?.encrypted === true) {
    const password = quote(keyPassword ?? "", { field: "keyPassword", max: MAX.password, secret: true });
    settings.push({ op: OP.keyPassword, values: [password] });
  }
  if (psk !== undefined) settings.push({ op: OP.psk, values: sharedSecret("psk", psk) });
  if (pskIdentity !== undefined)
    settings.push({ op: OP.pskIdentity, values: sharedSecret("pskIdentity", pskIdentity) });
  if (rootOfTrustPsk) settings.push({ op: OP.rootOfTrustPsk, values: [1], refused });
  return settings;
}

/** What a quoted string can't carry goes as the hexadecimal digits of its UTF-8. */
function sharedSecret(field: "psk" | "pskIdentity", { value, format }: SharedSecret): (Field | number)[] {
  const options = { field, max: MAX[field], secret: true };
  if (format === "text" && unquotable(value, MAX[field]) === undefined) return [quote(value, options)];
  return [quote(format === "hex" ? value : Buffer.from(value).toString("hex"), options), HEX];
}

function choice<T extends string>(table: Readonly<Record<T, number>>, value: T, field: string): number {
  if (Object.hasOwn(table, value)) return table[value];
  throw new ModemError("INVALID_INPUT", `${field} must be one of ${Object.keys(table).join(", ")}`);
}

function fingerprint(profile: SecurityProfile, material: ProfileMaterial, settings: readonly Setting[]): string {
  const { ca, cert, key, pinned } = material;
  const content = [ca, cert, key, pinned].map((part) => part && ownName(part));
  const { resumption, resumptionEncrypted } = profile;
  return createHmac("sha256", FINGERPRINT_KEY)
    .update(JSON.stringify([settings, content, resumption, resumptionEncrypted]))
    .digest("hex");
}
