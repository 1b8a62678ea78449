import { describe, expect, it } from "vitest";
import { CIPHER_SUITES } from "../../../driver/ublox/security/cipher-suites";
import { isCipherSuiteName, SUGGESTED_CIPHER_SUITES } from "../../../nodes/modem-tls/cipher-suites";

describe("the cipher suites that the dialog suggests", () => {
  it("are all known to the driver of a modem", () => {
    expect(SUGGESTED_CIPHER_SUITES.filter((name) => !CIPHER_SUITES.has(name))).toEqual([]);
  });

  it("are none that is broken", () => {
    expect(SUGGESTED_CIPHER_SUITES.filter((name) => /RC4|DES|NULL|MD5|EXPORT/.test(name))).toEqual([]);
  });
});

describe("the form of a cipher suite's name", () => {
  it("fits every suite of the driver", () => {
    expect([...CIPHER_SUITES.keys()].filter((name) => !isCipherSuiteName(name))).toEqual([]);
  });

  it.each(["ECDHE-RSA-AES128-GCM-SHA256", "tls_aes_128_gcm_sha256", "TLS_", "TLS_A__B", 'TLS_A"B', "TLS_A\r\nB", ""])(
    "does not fit %j",
    (name) => {
      expect(isCipherSuiteName(name)).toBe(false);
    },
  );
});
