import { getCiphers } from "node:tls";
import { describe, expect, it } from "vitest";
import { isModemError } from "../../../../driver/errors";
import { CIPHER_SUITES, cipherSettings, isTls13Suite } from "../../../../driver/ublox/security/cipher-suites";

/** Legacy numbers 1 to 33 in order, as ubxlib has them (at-facts-ublox 4.2). */
const LEGACY =
  "002F 003C 0035 003D 000A 008C 008D 008B 0094 0095 0093 00AE 00AF 00B6 00B7 00A8 00A9 00AC 00AD C008 C009 C00A C012 C013 C014 C023 C024 C027 C028 C02B C02C C02F C030";

const wires = (names: string[]) =>
  cipherSettings(names, CIPHER_SUITES).map(({ values }) =>
    values.map((value) => (typeof value === "number" ? value : value.wire)),
  );

describe("the table of cipher suites", () => {
  it("has the legacy numbers of u-blox for their codes", () => {
    const numbered = [...CIPHER_SUITES.values()].filter(({ legacy }) => legacy !== undefined);
    expect(numbered.map(({ legacy }) => legacy)).toEqual(Array.from({ length: 33 }, (_, index) => index + 1));
    expect(numbered.map(({ code }) => code).join(" ")).toBe(LEGACY);
  });

  it("has each code and name once, well-formed", () => {
    expect(new Set([...CIPHER_SUITES.values()].map(({ code }) => code)).size).toBe(CIPHER_SUITES.size);
    for (const [name, { code }] of CIPHER_SUITES) {
      expect(code).toMatch(/^[0-9A-F]{4}$/);
      expect(name).toMatch(
        isTls13Suite(name, CIPHER_SUITES) ? /^TLS_[A-Z0-9]+(_[A-Z0-9]+)+$/ : /^TLS_[A-Z_]+_WITH_[A-Z0-9_]+$/,
      );
      expect(isTls13Suite(name, CIPHER_SUITES)).toBe(code.startsWith("13"));
    }
  });

  it("has those of the protocol's specifications under their codes", () => {
    const known = {
      TLS_AES_128_GCM_SHA256: "1301",
      TLS_CHACHA20_POLY1305_SHA256: "1303",
      TLS_RSA_WITH_AES_128_GCM_SHA256: "009C",
      TLS_DHE_RSA_WITH_AES_256_GCM_SHA384: "009F",
      TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: "CCA8",
      TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8: "C0AE",
      TLS_PSK_DHE_WITH_AES_128_CCM_8: "C0AA",
      TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256: "C037",
      TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256: "D001",
    };
    for (const [name, code] of Object.entries(known)) expect(CIPHER_SUITES.get(name)?.code).toBe(code);
  });

  it("has what Node calls by the same names", () => {
    const shared = getCiphers().filter((name) => name.startsWith("tls_"));
    expect(shared.length).toBeGreaterThan(0);
    for (const name of shared) expect(isTls13Suite(name.toUpperCase(), CIPHER_SUITES)).toBe(true);
  });
});

describe("the choice of suites", () => {
  it("is the module's own for none", () => expect(wires([])).toEqual([[0]]));

  it("is the code for one, and its legacy number for old firmware", () => {
    expect(wires(["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"])).toEqual([[99, '"C0"', '"30"']]);
    expect(cipherSettings(["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"], CIPHER_SUITES)[0]?.fallback).toEqual([33]);
    expect(cipherSettings(["TLS_AES_128_GCM_SHA256"], CIPHER_SUITES)[0]?.fallback).toBeUndefined();
  });

  it("is a list for several, each once", () => {
    const names = ["TLS_AES_128_GCM_SHA256", "TLS_PSK_WITH_AES_128_CBC_SHA", "TLS_AES_128_GCM_SHA256"];
    expect(wires(names)).toEqual([
      [100, '"13"', '"01"', 0],
      [100, '"00"', '"8C"', 0],
    ]);
  });

  it.each([
    ["ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
    ["AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"],
    ["ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"],
    ["TLS_RSA_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256"],
    ["tls_aes_128_gcm_sha256", "TLS_AES_128_GCM_SHA256"],
  ])("refuses %s and proposes %s", (name, likely) => {
    let refused: unknown;
    try {
      cipherSettings([name], CIPHER_SUITES);
    } catch (error) {
      refused = error;
    }
    expect(isModemError(refused, "INVALID_INPUT")).toBe(true);
    expect(String(refused)).toContain(`ciphers: "${name}" is no IANA name`);
    expect(String(refused)).toContain(likely);
  });

  it("refuses names of any length and content in a short sentence", () => {
    for (const name of ["", '"\r\nAT+CFUN=0', "x".repeat(100_000), "__proto__"]) {
      expect(() => cipherSettings([name], CIPHER_SUITES)).toThrow(/^ciphers: .{2,200} is no IANA name/);
    }
  });
});
