import { ModemError } from "../../errors";
import type { QuectelTraits } from "../traits";

/** What BG96 takes as QSSLCFG "ciphersuite", by IANA name; written without quotation marks, which it refuses (AT facts 3.1). */
export const CIPHER_SUITES: ReadonlyMap<string, string> = new Map([
  ["TLS_RSA_WITH_RC4_128_MD5", "0X0004"],
  ["TLS_RSA_WITH_RC4_128_SHA", "0X0005"],
  ["TLS_RSA_WITH_3DES_EDE_CBC_SHA", "0X000A"],
  ["TLS_RSA_WITH_AES_128_CBC_SHA", "0X002F"],
  ["TLS_RSA_WITH_AES_256_CBC_SHA", "0X0035"],
  ["TLS_RSA_WITH_AES_256_CBC_SHA256", "0X003D"],
  ["TLS_ECDHE_RSA_WITH_RC4_128_SHA", "0XC011"],
  ["TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "0XC012"],
  ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "0XC013"],
  ["TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "0XC014"],
  ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "0XC027"],
  ["TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "0XC028"],
  ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "0XC02F"],
]);

/** Every suite that the firmware has. */
const ALL = "0XFFFF";

/** The code for a profile's list. @throws {ModemError} `NOT_SUPPORTED` for a choice that the modem can't be told */
export function cipherSuiteCode(names: readonly string[], { name: model, cipherSuites }: QuectelTraits): string {
  const unknown = names.filter((name) => !cipherSuites.has(name));
  if (unknown.length > 0) {
    const known = [...cipherSuites.keys()].join(", ");
    throw new ModemError("NOT_SUPPORTED", `ciphers: ${model} does not have ${unknown.join(", ")}; it has ${known}`);
  }
  if (new Set(names).size > 1) {
    const message = `ciphers: ${model} offers one suite or all of its own, not a choice of ${names.join(", ")}; keep one of them`;
    throw new ModemError("NOT_SUPPORTED", message);
  }
  return cipherSuites.get(names[0] ?? "") ?? ALL;
}
