import { ModemError, shortened } from "../../errors";
import { type Certificate, checkAuthority, matches, parseCertificate } from "./certificate";
import type { SecurityProfile, SharedSecret } from "./security";

/** The parsed parts of a profile that fit together. */
export interface ProfileMaterial {
  readonly ca?: Certificate;
  readonly cert?: Certificate;
  readonly key?: Certificate;
  readonly pinned?: Certificate;
}

/** Characters and hexadecimal digits that modems take (u-blox AT manuals, +USECPRF 8 and 9). */
const MAX = {
  psk: { text: 64, hex: 128 },
  pskIdentity: { text: 128, hex: 128 },
} as const;

/** Opening an encrypted key takes long by design: once a profile is enough. */
const checked = new WeakMap<SecurityProfile, ProfileMaterial>();

/**
 * Parses and checks certificates, keys and pre-shared keys of a profile as a whole. A profile that asks for a check of
 * the server needs no `ca`: the modem then takes every root it holds (u-blox guide 3.2).
 *
 * @throws {ModemError} `INVALID_INPUT`, naming the field: what `parseCertificate` refuses, a certificate without its key
 * or a key without its certificate, two that don't belong together, a pre-shared key without its identity or the other
 * way round, hexadecimal digits that are none or odd in number, what is too long
 */
export function checkMaterial(profile: SecurityProfile): ProfileMaterial {
  const known = checked.get(profile);
  if (known !== undefined) return known;
  const { ca, cert, key, keyPassword: password, pinnedKey } = profile;
  const material: ProfileMaterial = {
    ...(ca && { ca: parseCertificate("ca", ca, { field: "ca" }) }),
    ...(cert && { cert: parseCertificate("cert", cert, { field: "cert" }) }),
    ...(key && { key: parseCertificate("key", key, { field: "key", password }) }),
    ...(pinnedKey && { pinned: parseCertificate("server", pinnedKey, { field: "pinnedKey" }) }),
  };
  if (material.ca !== undefined) checkAuthority(material.ca, "ca");
  checkPair(material);
  checkSharedKey(profile);
  checked.set(profile, material);
  return material;
}

function checkPair({ cert, key }: ProfileMaterial): void {
  if (cert !== undefined && key === undefined) throw invalid("key is missing: a client certificate needs its key");
  if (key !== undefined && cert === undefined) throw invalid("cert is missing: a client key needs its certificate");
  if (cert === undefined || key === undefined || matches(cert, key)) return;
  throw invalid(`key does not belong to cert (${shortened(cert.subject ?? "")}): their public keys differ`);
}

function checkSharedKey({ psk, pskIdentity, rootOfTrustPsk }: SecurityProfile): void {
  if (rootOfTrustPsk) {
    if (psk === undefined && pskIdentity === undefined) return;
    throw invalid("psk and pskIdentity must be empty: the key of the root of trust takes their place");
  }
  if (psk !== undefined && pskIdentity === undefined) throw invalid("pskIdentity is missing: psk needs it");
  if (psk === undefined && pskIdentity !== undefined) throw invalid("psk is missing: pskIdentity is given");
  if (psk !== undefined) checkSecret("psk", psk);
  if (pskIdentity !== undefined) checkSecret("pskIdentity", pskIdentity);
}

function checkSecret(field: keyof typeof MAX, { value, format }: SharedSecret): void {
  const max = MAX[field][format];
  if (value === "") throw invalid(`${field} is empty`);
  if (format === "hex" && !/^(?:[0-9a-f]{2})+$/i.test(value)) {
    throw invalid(`${field} must be hexadecimal digits, two for each byte`);
  }
  if (value.length > max) {
    throw invalid(
      `${field} is too long: ${value.length} ${format === "hex" ? "digits" : "characters"}, at most ${max}`,
    );
  }
}

function invalid(reason: string): ModemError {
  return new ModemError("INVALID_INPUT", reason);
}
