import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";

/** The types 0 to 5 of +USECMNG, as it lists them (guide 3.1). */
export const CERTIFICATE_TYPES = ["CA", "CC", "PK", "SC", "VC", "PU"] as const;
export type CertificateType = (typeof CERTIFICATE_TYPES)[number];

/** The smallest keys allowed for a connection, in bits (guide 3.1). */
const LEAST_BITS = { rsa: 2048, ec: 192 };

/**
 * Converts PEM or DER to DER. An encrypted key (PKCS#8 only) stays encrypted; without its password it is not checked.
 * @throws {Error} if it is not of that type, too weak, or the password is wrong
 */
export function toDer(type: CertificateType, content: Buffer, password?: string): Buffer {
  if (type === "PK") return privateKeyDer(content, password);
  if (type === "PU") return publicKeyDer(content);
  return certificateDer(content);
}

/** PEM labels by content; without armour, the content is DER. */
const ARMOUR = {
  certificate: /^(X509 |TRUSTED )?CERTIFICATE$/,
  privateKey: /^((RSA|EC|ENCRYPTED) )?PRIVATE KEY$/,
  publicKey: /^(RSA )?PUBLIC KEY$/,
};

/** Content of the first matching PEM block; skips other text and blocks. */
function withoutArmour(content: Buffer, label: RegExp): Buffer {
  const text = content.toString("latin1");
  if (!text.includes("-----BEGIN ")) return content;
  const blocks = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END ([A-Z0-9 ]+)-----/g;
  for (const [, name = "", base64 = "", end] of text.matchAll(blocks)) {
    if (name === end && label.test(name)) return Buffer.from(base64, "base64");
  }
  throw new Error("no armour of that type");
}

function certificateDer(content: Buffer): Buffer {
  const { raw, publicKey } = new X509Certificate(withoutArmour(content, ARMOUR.certificate));
  checkStrength(publicKey);
  return raw;
}

function privateKeyDer(content: Buffer, password: string | undefined): Buffer {
  const der = withoutArmour(content, ARMOUR.privateKey);
  try {
    checkStrength(openPrivateKey(der, password));
  } catch (error) {
    // +USECPRF may set the password later.
    if ((error as NodeJS.ErrnoException).code !== "ERR_MISSING_PASSPHRASE") throw error;
  }
  return der;
}

/** @throws {Error} if it is not a key, or the password is wrong */
function openPrivateKey(der: Buffer, password?: string): KeyObject {
  let reason: unknown;
  for (const type of ["pkcs8", "pkcs1", "sec1"] as const) {
    try {
      return createPrivateKey({
        key: der,
        format: "der",
        type,
        ...(password === undefined ? {} : { passphrase: password }),
      });
    } catch (error) {
      // Only the first form can be encrypted, so its error says most.
      reason ??= error;
    }
  }
  throw reason;
}

function publicKeyDer(content: Buffer): Buffer {
  const der = withoutArmour(content, ARMOUR.publicKey);
  checkStrength(openPublicKey(der));
  return der;
}

function openPublicKey(der: Buffer): KeyObject {
  try {
    return createPublicKey({ key: der, format: "der", type: "spki" });
  } catch {
    return createPublicKey({ key: der, format: "der", type: "pkcs1" });
  }
}

function checkStrength({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): void {
  const bits =
    asymmetricKeyType === "ec"
      ? curveBits(asymmetricKeyDetails?.namedCurve)
      : (asymmetricKeyDetails?.modulusLength ?? 0);
  if (asymmetricKeyType !== "rsa" && asymmetricKeyType !== "ec") throw new Error("neither RSA nor EC");
  if (bits < LEAST_BITS[asymmetricKeyType]) throw new Error("the key is too short");
}

/** Curve names contain their size: prime256v1, secp384r1, brainpoolP320r1. */
function curveBits(name = ""): number {
  return Number(/\d{3}/.exec(name)?.[0] ?? 0);
}
