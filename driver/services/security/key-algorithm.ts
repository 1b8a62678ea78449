import type { KeyObject } from "node:crypto";

/** Least bits that the modems take, also in what signed the certificate (u-blox guide 3.1). */
const LEAST = { rsa: 2048, ec: 192 } as const;

/** `RSA 2048`, `EC 256`. @throws {Error} in words, for a key that a modem doesn't take */
export function keyAlgorithm({ asymmetricKeyType: type, asymmetricKeyDetails }: KeyObject): string {
  if (type !== "rsa" && type !== "ec") throw new Error(`has a key of type ${type}; modems take RSA and EC keys`);
  const bits = type === "rsa" ? asymmetricKeyDetails?.modulusLength : curveBits(asymmetricKeyDetails?.namedCurve);
  const name = type.toUpperCase();
  if (bits === undefined) throw new Error("has a key on a curve that is not known");
  if (bits < LEAST[type]) {
    throw new Error(`has a key of ${bits} bits; modems take ${name} keys from ${LEAST[type]} bits`);
  }
  return `${name} ${bits}`;
}

/** Names of curves hold their bits: `prime256v1`, `secp384r1`, `brainpoolP512r1`. */
function curveBits(curve: string | undefined): number | undefined {
  const digits = /\d{3}/.exec(curve ?? "")?.[0];
  return digits === undefined ? undefined : Number(digits);
}
