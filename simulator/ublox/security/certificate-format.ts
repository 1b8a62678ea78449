import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";

/** What +USECMNG numbers 0 to 5, and how it lists them (guide 3.1). */
export const CERTIFICATE_TYPES = ["CA", "CC", "PK", "SC", "VC", "PU"] as const;
export type CertificateType = (typeof CERTIFICATE_TYPES)[number];

/** Keys below this can't be used for a connection, bits (guide 3.1). */
const LEAST_BITS = { rsa: 2048, ec: 192 };

/**
 * DER of what was sent as PEM or DER. An encrypted key (PKCS#8 only) stays encrypted; without its password it is taken
 * as it is.
 * @throws {Error} when it is nothing of that type, too weak, or the password is wrong
 */
export function toDer(type: CertificateType, content: Buffer, password?: string): Buffer {
  if (type === "PK") return privateKeyDer(content, password);
  if (type === "PU") return publicKeyDer(content);
  return certificateDer(content);
}

/** Armour by what it may hold; without it, the content is DER. */
const ARMOUR = {
  certificate: /^(X509 |TRUSTED )?CERTIFICATE$/,
  privateKey: /^((RSA|EC|ENCRYPTED) )?PRIVATE KEY$/,
  publicKey: /^(RSA )?PUBLIC KEY$/,
};

/** Content of the first armour that fits; text around it, and other armour, is passed over. */
function withoutArmour(content: Buffer, label: RegExp): Buffer {
  const text = content.toString("latin1");
  if (!text.includes("-----BEGIN ")) return content;
  for (const [, name = "", base64 = ""] of text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g)) {
    if (label.test(name)) return Buffer.from(base64, "base64");
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
    // It may be opened by the password that +USECPRF gives later.
    if ((error as NodeJS.ErrnoException).code !== "ERR_MISSING_PASSPHRASE") throw error;
  }
  return der;
}

/** @throws {Error} when it is no key, or the password does not open it */
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
      // The first form is the one that an encrypted key can have: its complaint says most.
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

/** The names of curves say their size: prime256v1, secp384r1, brainpoolP320r1. */
function curveBits(name = ""): number {
  return Number(/\d{3}/.exec(name)?.[0] ?? 0);
}
