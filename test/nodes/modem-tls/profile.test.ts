import { afterEach, describe, expect, it, vi } from "vitest";
import { parseCertificate } from "../../../driver/services/security/certificate";
import { checkMaterial } from "../../../driver/services/security/profile-material";
import { daysLeft, policyOf, securityProfile } from "../../../nodes/modem-tls/profile";
import { MODEM_TLS_DEFAULTS, type ModemTlsCredentials } from "../../../nodes/modem-tls/types";
import { pem, pemPath } from "../support/https-server";

const profile = (properties: Record<string, unknown> = {}, credentials: ModemTlsCredentials = {}) =>
  securityProfile("t", { ...MODEM_TLS_DEFAULTS, name: "", version: 1, ...properties } as never, credentials);
const refusal = (message: RegExp) =>
  expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringMatching(message) });

afterEach(() => {
  vi.useRealTimers();
});

describe("the security profile of a dialog", () => {
  it("has the defaults of the contract", () => {
    expect(profile()).toEqual({
      id: "t",
      name: "modem tls",
      validation: "ca",
      minVersion: "1.2",
      ciphers: [],
      resumption: "off",
      resumptionEncrypted: false,
      rootOfTrustPsk: false,
    });
  });

  it("holds what was entered, certificates as PEM or by path", () => {
    const properties = {
      name: "bank",
      validation: "ca+host+date",
      minVersion: "1.3",
      ciphers: ["TLS_AES_128_GCM_SHA256"],
      serverName: " server.example ",
      sni: "a.example",
      resumption: "psk-ticket",
      resumptionEncrypted: true,
    };
    const files = { pinnedKey: pemPath("server.cert"), pskIdentityFormat: "hex" };
    const credentials = { ca: pem("ca.cert"), key: pemPath("client.key"), psk: "secret", pskIdentity: "6d65" };
    expect(profile({ ...properties, ...files }, { ...credentials, keyPassword: "pass" })).toEqual({
      id: "t",
      ...properties,
      rootOfTrustPsk: false,
      serverName: "server.example",
      pinnedKey: Buffer.from(pem("server.cert")),
      ca: Buffer.from(pem("ca.cert").trim()),
      key: Buffer.from(pem("client.key")),
      keyPassword: "pass",
      psk: { value: "secret", format: "text" },
      pskIdentity: { value: "6d65", format: "hex" },
    });
  });

  it("takes texts from environment variables for lists and switches", () => {
    const given = { ciphers: "TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384", resumptionEncrypted: "true" };
    expect(profile(given)).toMatchObject({
      ciphers: ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"],
      resumptionEncrypted: true,
    });
  });

  it.each([
    [{ validation: "some" }, /^validation must be one of none, ca/],
    [{ minVersion: "1.4" }, /^minVersion must be one of any/],
    [{ resumption: "yes" }, /^resumption must be one of off/],
    [{ resumptionEncrypted: "maybe" }, /^resumptionEncrypted must be/],
    [{ ciphers: ["AES128-SHA"] }, /^ciphers must be IANA names/],
    [{ ciphers: ["TLS_AES_128_GCM_SHA256", 7] }, /^ciphers must be IANA names/],
    [{ ciphers: { 0: "TLS_AES_128_GCM_SHA256" } }, /^ciphers must be a list/],
    [{ serverName: "a b" }, /^serverName is not a host name/],
    [{ serverName: 'a"\r\nAT+CFUN=0' }, /^serverName is not a host name/],
    [{ serverName: `${"a".repeat(64)}.example` }, /^serverName is not a host name/],
    [{ serverName: "server.example\r\n" }, /^serverName is not a host name/],
    [{ sni: "\r\nATZ\r" }, /^sni is not a host name/],
    [{ sni: "10.0.0.1" }, /^sni must be a host name, not an address/],
    [{ sni: "a..b" }, /^sni is not a host name/],
    [{ pskFormat: "base64" }, /^pskFormat must be one of text, hex/],
    [{ pinnedKey: "/no/such/file" }, /^pinnedKey is neither PEM text nor a file .*\(ENOENT\)$/],
  ])("refuses %j", (properties, message) => {
    expect(() => profile(properties)).toThrow(refusal(message));
  });
});

describe("the policy of a profile", () => {
  it("changes with everything that a connection is made with, and with nothing else", () => {
    const ca = { ca: pem("ca.cert") };
    const first = policyOf(profile({}, ca));
    expect(policyOf(profile({ name: "renamed" }, ca))).toBe(first);
    expect(policyOf({ ...profile({}, ca), id: "other" })).toBe(first);
    const others = [
      profile({ validation: "none" }, ca),
      profile({ serverName: "a" }, ca),
      profile({ sni: "a" }, ca),
      profile({ pinnedKey: pem("server.cert") }, ca),
      profile({}, { ca: pem("other-ca.cert") }),
      profile({}, { ...ca, cert: pem("client.cert"), key: pem("client.key") }),
      profile({}, { ...ca, psk: "a", pskIdentity: "b" }),
      profile({}, { ...ca, psk: "a", pskIdentity: "c" }),
    ].map(policyOf);
    expect(new Set([first, ...others]).size).toBe(others.length + 1);
  });
});

describe("the days that are left", () => {
  const left = (properties: Record<string, unknown>, credentials: ModemTlsCredentials) =>
    daysLeft(checkMaterial(profile(properties, credentials)));

  it.each([
    ["2040-01-03T12:00:00Z", 12],
    ["2040-01-15T11:59:59Z", 0],
    ["2040-01-15T12:00:01Z", -1],
    ["2039-12-16T12:00:00Z", 30],
  ])("count at %s to the certificate that ends first: %d", (now, days) => {
    vi.useFakeTimers({ now: new Date(now), toFake: ["Date"] });
    expect(left({ pinnedKey: pem("expires-2040.cert") }, { ca: pem("ca.cert") })).toBe(days);
    const pair = { cert: pem("expires-2040.cert"), key: pem("expires-2040.key") };
    expect(left({}, pair)).toBe(days);
    const ca = parseCertificate("ca", Buffer.from(pem("expires-2040.cert")), { field: "ca" });
    expect(daysLeft({ ca })).toBe(days);
  });

  it("are unknown without a certificate", () => {
    expect(left({}, {})).toBeUndefined();
  });
});
