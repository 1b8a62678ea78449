import { type Field, quote } from "../../at/fields";
import { ModemError } from "../../errors";

export interface CipherSuite {
  /** The two bytes of IANA's registry as four hexadecimal digits. */
  readonly code: string;
  /** Number that u-blox gave it before it took IANA's (+USECPRF op 2, values 1 to 33). */
  readonly legacy?: number;
}

/** Those of LARA-R6 by their IANA names. The legacy ones first, in the order of their numbers. */
export const CIPHER_SUITES: ReadonlyMap<string, CipherSuite> = new Map<string, CipherSuite>([
  ["TLS_RSA_WITH_AES_128_CBC_SHA", { code: "002F", legacy: 1 }],
  ["TLS_RSA_WITH_AES_128_CBC_SHA256", { code: "003C", legacy: 2 }],
  ["TLS_RSA_WITH_AES_256_CBC_SHA", { code: "0035", legacy: 3 }],
  ["TLS_RSA_WITH_AES_256_CBC_SHA256", { code: "003D", legacy: 4 }],
  ["TLS_RSA_WITH_3DES_EDE_CBC_SHA", { code: "000A", legacy: 5 }],
  ["TLS_PSK_WITH_AES_128_CBC_SHA", { code: "008C", legacy: 6 }],
  ["TLS_PSK_WITH_AES_256_CBC_SHA", { code: "008D", legacy: 7 }],
  ["TLS_PSK_WITH_3DES_EDE_CBC_SHA", { code: "008B", legacy: 8 }],
  ["TLS_RSA_PSK_WITH_AES_128_CBC_SHA", { code: "0094", legacy: 9 }],
  ["TLS_RSA_PSK_WITH_AES_256_CBC_SHA", { code: "0095", legacy: 10 }],
  ["TLS_RSA_PSK_WITH_3DES_EDE_CBC_SHA", { code: "0093", legacy: 11 }],
  ["TLS_PSK_WITH_AES_128_CBC_SHA256", { code: "00AE", legacy: 12 }],
  ["TLS_PSK_WITH_AES_256_CBC_SHA384", { code: "00AF", legacy: 13 }],
  ["TLS_RSA_PSK_WITH_AES_128_CBC_SHA256", { code: "00B6", legacy: 14 }],
  ["TLS_RSA_PSK_WITH_AES_256_CBC_SHA384", { code: "00B7", legacy: 15 }],
  ["TLS_PSK_WITH_AES_128_GCM_SHA256", { code: "00A8", legacy: 16 }],
  ["TLS_PSK_WITH_AES_256_GCM_SHA384", { code: "00A9", legacy: 17 }],
  ["TLS_RSA_PSK_WITH_AES_128_GCM_SHA256", { code: "00AC", legacy: 18 }],
  ["TLS_RSA_PSK_WITH_AES_256_GCM_SHA384", { code: "00AD", legacy: 19 }],
  ["TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA", { code: "C008", legacy: 20 }],
  ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", { code: "C009", legacy: 21 }],
  ["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", { code: "C00A", legacy: 22 }],
  ["TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", { code: "C012", legacy: 23 }],
  ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", { code: "C013", legacy: 24 }],
  ["TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", { code: "C014", legacy: 25 }],
  ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", { code: "C023", legacy: 26 }],
  ["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", { code: "C024", legacy: 27 }],
  ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", { code: "C027", legacy: 28 }],
  ["TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", { code: "C028", legacy: 29 }],
  ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", { code: "C02B", legacy: 30 }],
  ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", { code: "C02C", legacy: 31 }],
  ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", { code: "C02F", legacy: 32 }],
  ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", { code: "C030", legacy: 33 }],
  // TLS 1.3 (RFC 8446).
  ["TLS_AES_128_GCM_SHA256", { code: "1301" }],
  ["TLS_AES_256_GCM_SHA384", { code: "1302" }],
  ["TLS_CHACHA20_POLY1305_SHA256", { code: "1303" }],
  ["TLS_AES_128_CCM_SHA256", { code: "1304" }],
  ["TLS_AES_128_CCM_8_SHA256", { code: "1305" }],
  // TLS 1.2 and older, by their codes alone.
  ["TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA", { code: "0016" }],
  ["TLS_DHE_RSA_WITH_AES_128_CBC_SHA", { code: "0033" }],
  ["TLS_DHE_RSA_WITH_AES_256_CBC_SHA", { code: "0039" }],
  ["TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", { code: "0067" }],
  ["TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", { code: "006B" }],
  ["TLS_DHE_PSK_WITH_3DES_EDE_CBC_SHA", { code: "008F" }],
  ["TLS_DHE_PSK_WITH_AES_128_CBC_SHA", { code: "0090" }],
  ["TLS_DHE_PSK_WITH_AES_256_CBC_SHA", { code: "0091" }],
  ["TLS_RSA_WITH_AES_128_GCM_SHA256", { code: "009C" }],
  ["TLS_RSA_WITH_AES_256_GCM_SHA384", { code: "009D" }],
  ["TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", { code: "009E" }],
  ["TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", { code: "009F" }],
  ["TLS_DHE_PSK_WITH_AES_128_GCM_SHA256", { code: "00AA" }],
  ["TLS_DHE_PSK_WITH_AES_256_GCM_SHA384", { code: "00AB" }],
  ["TLS_DHE_PSK_WITH_AES_128_CBC_SHA256", { code: "00B2" }],
  ["TLS_DHE_PSK_WITH_AES_256_CBC_SHA384", { code: "00B3" }],
  ["TLS_ECDHE_PSK_WITH_3DES_EDE_CBC_SHA", { code: "C034" }],
  ["TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA", { code: "C035" }],
  ["TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA", { code: "C036" }],
  ["TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", { code: "C037" }],
  ["TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384", { code: "C038" }],
  ["TLS_RSA_WITH_AES_128_CCM", { code: "C09C" }],
  ["TLS_RSA_WITH_AES_256_CCM", { code: "C09D" }],
  ["TLS_DHE_RSA_WITH_AES_128_CCM", { code: "C09E" }],
  ["TLS_DHE_RSA_WITH_AES_256_CCM", { code: "C09F" }],
  ["TLS_RSA_WITH_AES_128_CCM_8", { code: "C0A0" }],
  ["TLS_RSA_WITH_AES_256_CCM_8", { code: "C0A1" }],
  ["TLS_DHE_RSA_WITH_AES_128_CCM_8", { code: "C0A2" }],
  ["TLS_DHE_RSA_WITH_AES_256_CCM_8", { code: "C0A3" }],
  ["TLS_PSK_WITH_AES_128_CCM", { code: "C0A4" }],
  ["TLS_PSK_WITH_AES_256_CCM", { code: "C0A5" }],
  ["TLS_DHE_PSK_WITH_AES_128_CCM", { code: "C0A6" }],
  ["TLS_DHE_PSK_WITH_AES_256_CCM", { code: "C0A7" }],
  ["TLS_PSK_WITH_AES_128_CCM_8", { code: "C0A8" }],
  ["TLS_PSK_WITH_AES_256_CCM_8", { code: "C0A9" }],
  ["TLS_PSK_DHE_WITH_AES_128_CCM_8", { code: "C0AA" }],
  ["TLS_PSK_DHE_WITH_AES_256_CCM_8", { code: "C0AB" }],
  ["TLS_ECDHE_ECDSA_WITH_AES_128_CCM", { code: "C0AC" }],
  ["TLS_ECDHE_ECDSA_WITH_AES_256_CCM", { code: "C0AD" }],
  ["TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", { code: "C0AE" }],
  ["TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", { code: "C0AF" }],
  ["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", { code: "CCA8" }],
  ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", { code: "CCA9" }],
  ["TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", { code: "CCAA" }],
  ["TLS_PSK_WITH_CHACHA20_POLY1305_SHA256", { code: "CCAB" }],
  ["TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", { code: "CCAC" }],
  ["TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256", { code: "CCAD" }],
  ["TLS_RSA_PSK_WITH_CHACHA20_POLY1305_SHA256", { code: "CCAE" }],
  ["TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", { code: "D001" }],
  ["TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384", { code: "D002" }],
  ["TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256", { code: "D003" }],
  ["TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256", { code: "D005" }],
]);

/** Those of a model. */
type CipherSuites = ReadonlyMap<string, CipherSuite>;

/** Values of +USECPRF op 2 that announce codes (guide 7.12.2; sister modems take lists as well). */
const IANA = 99;
const LIST = 100;
const ADD = 0;
/** Names proposed for one that is not known. */
const PROPOSALS = 3;

/** What goes behind `+USECPRF=<profile>,2,`. */
export interface CipherSetting {
  readonly values: readonly (Field | number)[];
  /** For firmware that refuses `values`. */
  readonly fallback?: readonly number[];
}

/**
 * The settings, one command each, for a profile's suites: the modem's own for none, by code for one, a list for several.
 *
 * @throws {ModemError} `INVALID_INPUT` with names that are alike, for a name that is not in the table
 */
export function cipherSettings(names: readonly string[], suites: CipherSuites): CipherSetting[] {
  const [first, ...more] = [...new Set(names)].map((name) => findSuite(name, suites));
  if (first === undefined) return [{ values: [0] }];
  if (more.length > 0) return [first, ...more].map(({ code }) => ({ values: [LIST, ...bytesOf(code), ADD] }));
  const { code, legacy } = first;
  return [{ values: [IANA, ...bytesOf(code)], ...(legacy === undefined ? {} : { fallback: [legacy] }) }];
}

/** Whether it is one of TLS 1.3, which no older version takes and which takes no other (guide 3.2.1.1). */
export function isTls13Suite(name: string, suites: CipherSuites): boolean {
  return suites.get(name)?.code.startsWith("13") ?? false;
}

function bytesOf(code: string): [Field, Field] {
  const options = { field: "ciphers", max: 2 };
  return [quote(code.slice(0, 2), options), quote(code.slice(2), options)];
}

function findSuite(name: string, suites: CipherSuites): CipherSuite {
  const suite = suites.get(name);
  if (suite !== undefined) return suite;
  const shown = JSON.stringify(name.slice(0, 80));
  const alike = likeliest(name.slice(0, 80), suites).join(", ");
  throw new ModemError(
    "INVALID_INPUT",
    `ciphers: ${shown} is no IANA name of a cipher suite that the modem has; did you mean ${alike}?`,
  );
}

/** By the parts they share: OpenSSL writes `ECDHE-RSA-AES128-GCM-SHA256` for the same thing. */
function likeliest(name: string, suites: CipherSuites): string[] {
  const wanted = partsOf(name);
  const rated = [...suites.keys()].map((candidate) => ({ candidate, likeness: likeness(wanted, candidate) }));
  rated.sort((one, other) => other.likeness - one.likeness);
  return rated.slice(0, PROPOSALS).map(({ candidate }) => candidate);
}

function likeness(wanted: ReadonlySet<string>, candidate: string): number {
  const parts = partsOf(candidate);
  const shared = [...parts].filter((part) => wanted.has(part)).length;
  return shared / (parts.size + wanted.size - shared);
}

function partsOf(name: string): Set<string> {
  const parts = name.toUpperCase().match(/CHACHA20|POLY1305|SHA\d*|[A-Z]+|\d+/g) ?? [];
  return new Set(parts.filter((part) => part !== "TLS" && part !== "WITH"));
}
