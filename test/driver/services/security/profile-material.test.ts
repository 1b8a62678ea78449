import { describe, expect, it } from "vitest";
import { isModemError } from "../../../../driver/errors";
import { checkMaterial } from "../../../../driver/services/security/profile-material";
import type { SecurityProfile } from "../../../../driver/services/security/security";
import { fixture, KEY_PASSWORD, securityProfile } from "./tls-fixtures";

const text = (value: string) => ({ value, format: "text" }) as const;
const hex = (value: string) => ({ value, format: "hex" }) as const;

describe("the material of a profile", () => {
  it("is each part that is given, parsed", () => {
    const material = checkMaterial(
      securityProfile({
        ca: fixture("ca.cert"),
        cert: fixture("client.cert"),
        key: fixture("client-encrypted.key"),
        keyPassword: KEY_PASSWORD,
        pinnedKey: fixture("server.cert"),
      }),
    );
    expect(Object.entries(material).map(([part, { kind, subject }]) => [part, kind, subject])).toEqual([
      ["ca", "ca", "CN=Test Root CA"],
      ["cert", "cert", "CN=Test Client"],
      ["key", "key", undefined],
      ["pinned", "server", "CN=server.example"],
    ]);
  });

  it("may have no root although the server is checked: then any root on the modem will do", () => {
    expect(checkMaterial(securityProfile({ validation: "ca+host" }))).toEqual({});
  });

  it.each<[string, Partial<SecurityProfile>]>([
    ["of the longest text", { psk: text("x".repeat(64)), pskIdentity: text("y".repeat(128)) }],
    ["of the most digits", { psk: hex("aF".repeat(64)), pskIdentity: hex("00".repeat(64)) }],
    ["of the root of trust", { rootOfTrustPsk: true }],
  ])("may have a pre-shared key %s", (_what, changes) => {
    expect(checkMaterial(securityProfile(changes))).toEqual({});
  });

  const psk = text("S3cretKey");
  const pskIdentity = text("S3cretIdentity");
  it.each<[string, Partial<SecurityProfile>, RegExp]>([
    ["a certificate without its key", { cert: fixture("client.cert") }, /^key is missing/],
    ["a key without its certificate", { key: fixture("client.key") }, /^cert is missing/],
    [
      "a key of another certificate",
      { cert: fixture("client.cert"), key: fixture("server.key") },
      /^key does not belong to cert \(CN=Test Client\)/,
    ],
    ["a key without its password", { key: fixture("client-encrypted.key") }, /^key is encrypted/],
    ["a weak root", { ca: fixture("weak.cert") }, /^ca has a key of 1024 bits/],
    ["a key to pin that is no certificate", { pinnedKey: fixture("server.key") }, /^pinnedKey must be a certificate/],
    ["a pre-shared key without its identity", { psk }, /^pskIdentity is missing/],
    ["an identity without its key", { pskIdentity }, /^psk is missing/],
    ["an empty key", { psk: text(""), pskIdentity }, /^psk is empty$/],
    ["digits odd in number", { psk: hex("abc"), pskIdentity }, /^psk must be hexadecimal digits/],
    ["digits that are none", { psk, pskIdentity: hex("S3cret") }, /^pskIdentity must be hexadecimal digits/],
    ["too long a key", { psk: text("S3cret".repeat(11)), pskIdentity }, /^psk is too long: 66 characters, at most 64$/],
    ["too many digits", { psk: hex("ab".repeat(65)), pskIdentity }, /^psk is too long: 130 digits, at most 128$/],
    ["too long an identity", { psk, pskIdentity: text("i".repeat(129)) }, /^pskIdentity is too long/],
    [
      "a key beside that of the root of trust",
      { psk, pskIdentity, rootOfTrustPsk: true },
      /^psk and pskIdentity must be/,
    ],
  ])("is refused: %s", (_what, changes, reason) => {
    let refused: unknown;
    try {
      checkMaterial(securityProfile(changes));
    } catch (error) {
      refused = error;
    }
    expect(isModemError(refused, "INVALID_INPUT")).toBe(true);
    expect(String(refused)).toMatch(reason);
    expect(String(refused)).not.toContain("S3cret");
  });

  it("of a profile is checked once: opening an encrypted key takes long", () => {
    const profile = securityProfile({ cert: fixture("client.cert"), key: fixture("client.key") });
    expect(checkMaterial(profile)).toBe(checkMaterial(profile));
  });
});
