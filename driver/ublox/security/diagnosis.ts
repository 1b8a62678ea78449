import { isIP } from "node:net";
import type { Channel } from "../../at/channel-types";
import { type ModemClock, readClock } from "../../cellular/clock";
import { ModemError } from "../../errors";
import { expiredInWords } from "../../services/security/expiry";
import { checkMaterial, type ProfileMaterial } from "../../services/security/profile-material";
import type { CertificateKind, SecurityProfile, StoredCertificate } from "../../services/security/security";
import { Deadline } from "../../services/waiting/deadline";
import { unlessAborted } from "../../services/waiting/unless-aborted";
import type { UbloxCertificates } from "./certificates";
import type { MaterialNames } from "./settings";

/** ms that looking for the cause may take, at most: the caller still waits for its error. */
const PATIENCE_MS = 3000;
/** ms by which the modem's clock may differ from the gateway's. */
const CLOCK_TOLERANCE_MS = 24 * 3_600_000;

/** What a secure connection that failed was made with. */
export interface TlsSubject {
  readonly profile: SecurityProfile;
  /** Of the URL, without brackets. */
  readonly host: string;
  /** Of the profile's certificates on the modem. */
  readonly names: MaterialNames;
}

/** What is known when a connection has failed; left out what could not be read. */
interface Facts extends TlsSubject {
  readonly material: ProfileMaterial;
  readonly certificates?: readonly StoredCertificate[];
  readonly clock?: ModemClock;
  readonly now: Date;
}

/** Undefined where it is not the cause. */
type Rule = (facts: Facts) => string | undefined;

/**
 * The checklist of guide 3.5: the failure of a secure connection with its likely causes, first what is wrong for certain.
 * The failure itself stays as it is, whatever becomes of the search, which ends within 3 s or `remaining` ms.
 *
 * A connection that could not be made or was closed may have failed for another reason than TLS: it is a matter of TLS
 * where something is found wrong.
 */
export async function explainTls(
  modem: { channel: Channel; certificates: UbloxCertificates },
  subject: TlsSubject,
  failure: ModemError,
  remaining: number,
): Promise<ModemError> {
  const { code } = failure;
  if (code !== "TLS_FAILED" && code !== "CONNECTION_CLOSED" && code !== "CONNECT_FAILED") return failure;
  const facts = await collect(modem, subject, Math.min(PATIENCE_MS, remaining / 2));
  const wrong = findings(WRONG, facts);
  if (code === "TLS_FAILED" || wrong.length > 0) return explained(failure, [...wrong, ...checklist(facts)]);
  // With TLS 1.3 a client learns only after its handshake that its certificate is missing (RFC 8446 4.4.2.4).
  if (code === "CONNECT_FAILED" || facts.names.cert !== undefined) return failure;
  const hint = "A server that requires a client certificate may end a connection so: check cert and key.";
  return new ModemError(code, `${ended(failure.message)} ${hint}`, failure.cause);
}

function explained({ message, cause }: ModemError, sentences: readonly string[]): ModemError {
  return new ModemError("TLS_FAILED", [message, ...sentences].map(ended).join(" "), cause);
}

function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

async function collect(
  { channel, certificates }: { channel: Channel; certificates: UbloxCertificates },
  subject: TlsSubject,
  patience: number,
): Promise<Facts> {
  const { profile, names } = subject;
  const limit = new Deadline(patience, "looking for the cause");
  const attempt = <T>(work: Promise<T>): Promise<T | undefined> =>
    unlessAborted(work, limit.signal).catch(() => undefined);
  const needsList = profile.validation !== "none" || Object.values(names).some((name) => name !== undefined);
  const list = needsList ? await attempt(certificates.list({ signal: limit.signal })) : undefined;
  const clock = checksDates(profile) ? await attempt(readClock(channel, limit.signal)) : undefined;
  limit.clear();
  const material = checkMaterial(profile);
  return {
    ...subject,
    material,
    now: new Date(),
    ...(list === undefined ? {} : { certificates: list }),
    ...(clock === undefined ? {} : { clock }),
  };
}

function findings(rules: readonly Rule[], facts: Facts): string[] {
  return rules.flatMap((rule) => rule(facts) ?? []);
}

function checksDates({ validation }: SecurityProfile): boolean {
  return validation === "ca+host+date";
}

function checksHost({ validation }: SecurityProfile): boolean {
  return validation === "ca+host" || validation === "ca+host+date";
}

/** What the modem, or the material, shows to be wrong. */
const WRONG: readonly Rule[] = [
  missing("ca", "ca", "CA certificate", "ca"),
  missing("cert", "cert", "client certificate", "cert"),
  missing("key", "key", "client key", "key"),
  missing("pinned", "server", "pinned certificate", "pinnedKey"),
  ({ profile, names, certificates }) =>
    profile.validation === "none" || names.ca !== undefined || certificates === undefined || holds(certificates, "ca")
      ? undefined
      : `The modem holds no CA certificate to check the server's with: give one (ca), or none is checked with validation "none"`,
  ({ clock }) =>
    clock === undefined || clock.time !== undefined
      ? undefined
      : `The modem's clock is not set (it shows ${clock.text}), so that no certificate is valid: wait for the network's time, set it with +CCLK, or leave dates unchecked (validation "ca+host")`,
  ({ clock, now }) =>
    clock?.time === undefined || Math.abs(clock.time.getTime() - now.getTime()) <= CLOCK_TOLERANCE_MS
      ? undefined
      : `The modem's clock shows ${clock.text}, this computer's ${now.toISOString().slice(0, 10)}: certificates are checked by the modem's (validation)`,
  (facts) => (checksDates(facts.profile) ? outOfDate(facts, "ca", "ca", "CA certificate", "ca") : undefined),
  (facts) => outOfDate(facts, "cert", "cert", "client certificate", "cert"),
];

function missing(part: keyof MaterialNames, kind: CertificateKind, words: string, property: string): Rule {
  return ({ names, certificates }) => {
    const name = names[part];
    if (name === undefined || certificates === undefined || holds(certificates, kind, name)) return undefined;
    return `The modem no longer holds the ${words} (${property}), as ${name}: it is sent again with the next request`;
  };
}

function holds(certificates: readonly StoredCertificate[], kind: CertificateKind, name?: string): boolean {
  return certificates.some((one) => one.kind === kind && (name === undefined || one.name === name));
}

/** By what the modem says of it, else by the certificate itself. */
function outOfDate(
  { names, certificates = [], material, now }: Facts,
  part: "ca" | "cert",
  kind: CertificateKind,
  words: string,
  property: string,
): string | undefined {
  const own = material[part];
  if (own === undefined) return undefined;
  const stored = certificates.find((one) => one.kind === kind && one.name === names[part]);
  const subject = own.subject ?? names[part] ?? "";
  const expires = stored?.expires === undefined ? own.expires : new Date(stored.expires);
  const expired = expiredInWords({ words, subject, property }, expires, now);
  if (expired !== undefined) return expired;
  if (own.validFrom === undefined || own.validFrom <= now) return undefined;
  return `The ${words} ${subject} is not valid before ${own.validFrom.toISOString().slice(0, 10)} (${property})`;
}

/** What only the server's operator knows, one verb each, in the order of guide 3.5. */
const TO_CHECK: readonly Rule[] = [
  ({ profile, material }) => {
    if (profile.validation === "none") return undefined;
    const root = material.ca === undefined ? "a CA certificate on the modem" : `the CA ${material.ca.subject}`;
    return `sends a chain of certificates that leads to ${root} (ca)`;
  },
  ({ profile, host }) =>
    checksHost(profile) ? `has a certificate for ${profile.serverName || host} (serverName)` : undefined,
  ({ profile }) => (checksDates(profile) ? "has a certificate that has not expired (validation)" : undefined),
  ({ profile }) => (profile.pinnedKey ? "still has the pinned key (pinnedKey)" : undefined),
  ({ profile }) => {
    if (profile.resumption === "psk-ticket") return "has TLS 1.3, which a psk-ticket needs (resumption)";
    if (profile.minVersion === "any") return undefined;
    return `has TLS ${profile.minVersion}${profile.minVersion === "1.3" ? "" : " or later"} (minVersion)`;
  },
  ({ profile: { ciphers } }) => {
    if (ciphers.length === 0) return undefined;
    return `takes ${ciphers.length === 1 ? ciphers[0] : `one of the ${ciphers.length} cipher suites`} (ciphers)`;
  },
  ({ material }) =>
    material.cert === undefined
      ? "requires no client certificate (cert, key)"
      : `trusts the client certificate ${material.cert.subject} (cert, key)`,
  ({ profile: { psk, rootOfTrustPsk } }) => {
    if (rootOfTrustPsk) return "knows the pre-shared key of the modem's root of trust (rootOfTrustPsk)";
    return psk === undefined ? undefined : "has the same pre-shared key for the identity (psk, pskIdentity)";
  },
  ({ profile: { sni }, host }) => {
    if (sni) return `knows the name ${sni} (sni)`;
    return isIP(host) === 0 ? undefined : "needs no server name, as none is sent to an address (sni)";
  },
];

function checklist(facts: Facts): string[] {
  const clauses = findings(TO_CHECK, facts);
  const last = clauses.pop();
  if (last === undefined) return [];
  return [`Check that the server ${clauses.length === 0 ? last : `${clauses.join(", ")}, and ${last}`}`];
}
