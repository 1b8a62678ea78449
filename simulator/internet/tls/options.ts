import { constants, createPrivateKey, type KeyObject, type PrivateKeyInput, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { type ConnectionOptions, getCiphers } from "node:tls";
import { InternetError } from "../internet";
import { isOfKind } from "./session";
import { isTls13Suite, SUITES } from "./suites";
import { TLS_VERSIONS, type TlsSettings, type TlsVersion } from "./types";

/** OpenSSL 3 allows TLS 1.0 and 1.1, and the keys and signatures of their time, only at its lowest security level. */
const LOWEST_SECURITY = "@SECLEVEL=0";
const TLS_1_3_SUITES = ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"];
/** No modem has suites without authentication. */
const ALL_BEFORE_TLS_1_3 = "ALL:!aNULL";
/** OpenSSL's limit; beyond it, Node's error would reveal the identity, which is secret. */
const LONGEST_IDENTITY = 256;

type Suites = ReadonlyMap<number, string>;
type Range = TlsSettings["versions"];

/** @throws {InternetError} `tls` if the settings leave no version or suite, or the client's key can't be used */
export function connectionOptions(settings: TlsSettings): ConnectionOptions & { session?: Buffer } {
  const suites = offeredSuites(settings);
  const versions = offeredVersions(settings, suites);
  return {
    minVersion: versions.min,
    maxVersion: versions.max,
    ciphers: cipherList(suites),
    // Otherwise Node would load all its root certificates; verifyPeer does the checks.
    ca: [],
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(usesTickets(settings) ? {} : { secureOptions: constants.SSL_OP_NO_TICKET }),
    ...nameOptions(settings),
    ...clientOptions(settings),
    ...pskOptions(settings),
    ...sessionOptions(settings),
  };
}

/** Tickets are off unless the session kind uses them, so that the server's session id counts. */
function usesTickets({ session }: TlsSettings): boolean {
  return session !== undefined && session.kind !== "id";
}

/** OpenSSL's names by code, without those that it does not have; undefined: all. */
function offeredSuites({ suites }: TlsSettings): Suites | undefined {
  if (suites === undefined) return undefined;
  const available = new Set(getCiphers());
  const named = suites.map((code): [number, string] => [code, SUITES.get(code) ?? ""]);
  const offered = new Map(named.filter(([, name]) => available.has(name.toLowerCase())));
  if (offered.size === 0) throw new InternetError("tls", "no cipher suite is left to offer");
  return offered;
}

/** Node takes the suites of all versions in one list. The security level needs one from before TLS 1.3. */
function cipherList(suites: Suites | undefined): string {
  const names = suites === undefined ? TLS_1_3_SUITES : [...suites.values()];
  const noneEarlier = suites === undefined || ![...suites.keys()].some((code) => !isTls13Suite(code));
  return [...names, ...(noneEarlier ? [ALL_BEFORE_TLS_1_3] : []), LOWEST_SECURITY].join(":");
}

/** The versions that the settings, the suites and the kind of session allow. */
function offeredVersions(settings: TlsSettings, suites: Suites | undefined): Range {
  const limits: Partial<Range>[] = [settings.versions];
  const kind = settings.session?.kind;
  if (kind !== undefined) limits.push(kind === "psk-ticket" ? { min: "TLSv1.3" } : { max: "TLSv1.2" });
  const codes = [...(suites?.keys() ?? [])];
  if (suites !== undefined && !codes.some(isTls13Suite)) limits.push({ max: "TLSv1.2" });
  if (suites !== undefined && codes.every(isTls13Suite)) limits.push({ min: "TLSv1.3" });
  const offered = TLS_VERSIONS.filter((version) => limits.every((limit) => isWithin(version, limit)));
  const [min] = offered;
  const max = offered.at(-1);
  if (min === undefined || max === undefined) throw new InternetError("tls", "no version of TLS is left to offer");
  return { min, max };
}

function isWithin(version: TlsVersion, { min, max }: Partial<Range>): boolean {
  const rank = TLS_VERSIONS.indexOf(version);
  return (!min || rank >= TLS_VERSIONS.indexOf(min)) && (!max || rank <= TLS_VERSIONS.indexOf(max));
}

/** An address is not a server name (RFC 6066 3). */
function nameOptions({ sni }: TlsSettings): ConnectionOptions {
  return sni === undefined || sni === "" || isIP(sni) !== 0 ? {} : { servername: sni };
}

function clientOptions({ client }: TlsSettings): ConnectionOptions {
  if (client === undefined) return {};
  const cert = new X509Certificate(client.certificate).toString();
  return { cert, key: privateKey(client.key, client.password).export({ type: "pkcs8", format: "pem" }) };
}

/** PEM, or DER of one of the usual forms; only trying shows which. */
export function privateKey(key: Buffer, passphrase: string | undefined): KeyObject {
  const forms: PrivateKeyInput[] = [
    { key, format: "pem" },
    { key, format: "der", type: "pkcs8" },
    { key, format: "der", type: "pkcs1" },
    { key, format: "der", type: "sec1" },
  ];
  for (const form of forms) {
    try {
      return createPrivateKey(passphrase === undefined ? form : { ...form, passphrase });
    } catch {
      // The next form may fit.
    }
  }
  throw new InternetError("tls", "the client's private key can't be read");
}

function pskOptions({ psk }: TlsSettings): ConnectionOptions {
  if (psk === undefined) return {};
  const identity = identityText(psk.identity);
  return { pskCallback: () => ({ psk: psk.key, identity }) };
}

/** OpenSSL takes the identity of a pre-shared key as a C string of UTF-8. @throws {InternetError} `tls` */
export function identityText(bytes: Buffer): string {
  const identity = bytes.toString("utf8");
  const usable = Buffer.from(identity).equals(bytes) && !bytes.includes(0);
  if (!usable || bytes.length > LONGEST_IDENTITY) {
    throw new InternetError("tls", "the identity of the pre-shared key can't be used");
  }
  return identity;
}

/**
 * Data of another kind, or garbage, lead to a full handshake. So does a pre-shared key, which in TLS 1.3 takes the
 * place of a session.
 */
function sessionOptions({ session, psk }: TlsSettings): { session?: Buffer } {
  if (session?.data === undefined || psk !== undefined) return {};
  return isOfKind(session.data, session.kind) ? { session: session.data } : {};
}
