import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isModemError } from "../../../../driver/errors";
import { isOwnName, matches, ownName, parseCertificate } from "../../../../driver/services/security/certificate";
import type { CertificateKind } from "../../../../driver/services/security/security";
import { randomRuns } from "../../../support/random";
import { derOf, fixture, KEY_PASSWORD, md5, undated } from "./tls-fixtures";

const field = "cert";
const parse = (kind: CertificateKind, content: Uint8Array | string, password?: string) =>
  parseCertificate(kind, Buffer.from(content), { field, password });
const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (isModemError(error, "INVALID_INPUT")) return error.message;
    throw error;
  }
  return "not refused";
};

const rsaKey = createPrivateKey(fixture("client.key"));
const oldForm = rsaKey.export({ type: "pkcs1", format: "pem", cipher: "aes-256-cbc", passphrase: KEY_PASSWORD });
const encryptedDer = derOf(fixture("client-encrypted.key"));

describe("a certificate", () => {
  const raw = new X509Certificate(fixture("expires-2040.cert")).raw;

  it("tells whose it is, how long, of what kind, and its MD5", () => {
    expect(parse("cert", fixture("expires-2040.cert"))).toMatchObject({
      kind: "cert",
      der: raw,
      md5s: [md5(raw)],
      encrypted: false,
      subject: "CN=server.example",
      validFrom: new Date("2020-01-01T00:00:00Z"),
      expires: new Date("2040-01-15T12:00:00Z"),
      algorithm: "RSA 2048",
    });
    expect(parse("cert", fixture("client-ec.cert")).algorithm).toBe("EC 256");
  });

  const pem = fixture("expires-2040.cert").toString();
  it.each([
    ["PEM", pem],
    ["PEM with text before and after", `Bag Attributes\n  friendlyName: me\nsubject=CN = x\n${pem}\nbye`],
    ["PEM with CR LF", pem.replaceAll("\n", "\r\n")],
    ["PEM with CR", pem.replaceAll("\n", "\r")],
    ["PEM with a byte order mark", `\ufeff${pem}`],
    ["PEM indented", pem.replaceAll("\n", "\n    ")],
    ["a chain, of which it is the first", pem + fixture("ca.cert")],
    ["a file with its key ahead of it", fixture("client.key") + pem],
    ["DER", raw],
    ["DER with something behind it", Buffer.concat([raw, Buffer.from("\n")])],
  ])("is the same out of %s", (_form, content) => {
    expect(parse("cert", content)).toEqual(parse("cert", pem));
  });

  it("is written out as PEM with short lines and nothing around it", () => {
    const written = parse("ca", `text\r\n${fixture("ca.cert").toString().replaceAll("\n", "\r\n")}`).pem;
    expect(written).toBe(fixture("ca.cert").toString());
  });

  it("is refused as one of several roots, since a modem's profile takes one", () => {
    const both = fixture("ca.cert").toString() + fixture("other-ca.cert");
    expect(refusal(() => parse("ca", both))).toMatch(/^cert holds 2 certificates, .* takes one/);
  });
});

describe("a private key", () => {
  const pkcs8 = rsaKey.export({ format: "der", type: "pkcs8" });
  const pkcs1 = rsaKey.export({ format: "der", type: "pkcs1" });
  const ec = createPrivateKey(fixture("client-ec.key"));

  it.each([
    ["PKCS#8", fixture("client.key")],
    ["PKCS#1", fixture("client-pkcs1.key")],
    ["PKCS#8 in DER", pkcs8],
    ["PKCS#1 in DER", pkcs1],
  ])("has the MD5 of each of its forms, read from %s", (_form, content) => {
    const key = parse("key", content);
    expect(key).toMatchObject({ kind: "key", algorithm: "RSA 2048", encrypted: false });
    expect([...key.md5s].sort()).toEqual([md5(pkcs1), md5(pkcs8)].sort());
    expect(derOf(key.pem).equals(createPrivateKey(key.pem).export({ format: "der", type: "pkcs8" }))).toBe(
      !key.pem.includes("RSA"),
    );
  });

  it.each([
    ["SEC1", ec.export({ format: "pem", type: "sec1" })],
    [
      "SEC1 behind its parameters",
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${ec.export({ format: "pem", type: "sec1" })}`,
    ],
    ["SEC1 in DER", ec.export({ format: "der", type: "sec1" })],
    ["PKCS#8", fixture("client-ec.key")],
  ])("on a curve is read from %s", (_form, content) => {
    const key = parse("key", content);
    expect(key.algorithm).toBe("EC 256");
    expect(key.md5s).toContain(md5(ec.export({ format: "der", type: "sec1" })));
    expect(createPrivateKey(key.pem).equals(ec)).toBe(true);
  });

  it.each([
    ["PKCS#8", fixture("client-encrypted.key"), encryptedDer],
    ["PKCS#8 in DER", encryptedDer, encryptedDer],
    ["the old form with headers", oldForm, undefined],
  ])("that is encrypted stays so, read from %s, and has the MD5 of what is inside as well", (_form, content, der) => {
    const key = parse("key", content, KEY_PASSWORD);
    expect(key).toMatchObject({ encrypted: true, algorithm: "RSA 2048" });
    expect(key.md5s).toEqual(expect.arrayContaining([md5(der ?? key.der), md5(pkcs1), md5(pkcs8)]));
    expect(key.pem).toMatch(/ENCRYPTED/);
    expect(createPrivateKey({ key: key.pem, passphrase: KEY_PASSWORD }).equals(rsaKey)).toBe(true);
    expect(refusal(() => parse("key", content))).toBe("cert is encrypted: its password is missing");
    expect(refusal(() => parse("key", content, ""))).toBe("cert is encrypted: its password is missing");
    expect(refusal(() => parse("key", content, "wr0ng-one"))).toBe("cert can't be decrypted: its password is wrong");
  });

  it("goes to the modem without the headers that do not belong to its encryption", () => {
    const free = "X: y\nAT+EVIL=1:\nComment: AT+EVIL=2";
    const old = oldForm.toString();
    expect(parse("key", old.replace("\nDEK-Info", `\n${free}\nDEK-Info`), KEY_PASSWORD).pem).toBe(
      parse("key", old, KEY_PASSWORD).pem,
    );
    const plain = fixture("client-pkcs1.key").toString();
    expect(parse("key", plain.replace("\n", `\n${free}\n\n`)).pem).toBe(parse("key", plain).pem);
  });

  it("is known by the certificate that it belongs to", () => {
    const client = parse("cert", fixture("client.cert"));
    expect(matches(client, parse("key", fixture("client.key")))).toBe(true);
    expect(matches(client, parse("key", encryptedDer, KEY_PASSWORD))).toBe(true);
    expect(matches(client, parse("key", fixture("server.key")))).toBe(false);
    expect(matches(client, parse("key", fixture("client-ec.key")))).toBe(false);
  });
});

describe("a public key", () => {
  const key = createPublicKey(fixture("client-ec.key"));
  const rsa = createPublicKey(rsaKey);

  it.each([
    ["PEM", key.export({ format: "pem", type: "spki" }), "EC 256"],
    ["DER", key.export({ format: "der", type: "spki" }), "EC 256"],
    ["PKCS#1", rsa.export({ format: "pem", type: "pkcs1" }), "RSA 2048"],
    ["PKCS#1 in DER", rsa.export({ format: "der", type: "pkcs1" }), "RSA 2048"],
  ])("is read from %s", (_form, content, algorithm) => {
    const parsed = parse("signature-key", content);
    expect(parsed.algorithm).toBe(algorithm);
    expect(createPublicKey(parsed.pem).equals(algorithm === "EC 256" ? key : rsa)).toBe(true);
  });

  it.each([
    ["PKCS#8", rsaKey.export({ format: "der", type: "pkcs8" })],
    ["PKCS#1", rsaKey.export({ format: "der", type: "pkcs1" })],
    [
      "PKCS#1 under a false label",
      `-----BEGIN RSA PUBLIC KEY-----\n${rsaKey.export({ format: "der", type: "pkcs1" }).toString("base64")}\n-----END RSA PUBLIC KEY-----\n`,
    ],
    ["PEM", fixture("client.key")],
  ])("is never the public half of a private one that was given by mistake: %s", (_form, content) => {
    expect(refusal(() => parse("signature-key", content))).toMatch(
      /^cert (must be a public key|holds a RSA PUBLIC KEY that)/,
    );
  });
});

describe("what can't be used is refused with field and reason", () => {
  const pem = fixture("client.cert").toString();
  const dsa = generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" });
  const small = generateKeyPairSync("ec", { namedCurve: "secp160r1" }).privateKey.export({
    format: "der",
    type: "sec1",
  });

  it.each<[string, CertificateKind, Uint8Array | string, RegExp]>([
    ["nothing", "ca", "", /^cert is empty$/],
    ["text", "ca", "hello", /^cert is neither PEM nor DER$/],
    ["too much", "ca", Buffer.alloc(100_001), /^cert is too large: 100001 bytes/],
    ["a key as a certificate", "cert", fixture("client.key"), /^cert must be a certificate, but holds PRIVATE KEY$/],
    ["a certificate as a key", "key", pem, /^cert must be a private key, but holds CERTIFICATE$/],
    [
      "a request as a certificate",
      "cert",
      "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
      /holds CERTIFICATE REQUEST$/,
    ],
    [
      "DER of a key as a certificate",
      "ca",
      derOf(fixture("client.key")),
      /^cert must be a certificate, but is a private key$/,
    ],
    [
      "DER of an encrypted key as a certificate",
      "ca",
      encryptedDer,
      /^cert must be a certificate, but is a private key$/,
    ],
    ["DER of a certificate as a key", "key", derOf(pem), /^cert must be a private key, but is a certificate$/],
    ["DER of nothing", "cert", Buffer.from("300130", "hex"), /^cert can't be read as a certificate$/],
    ["a block without an end", "cert", pem.slice(0, 500), /^cert has no END line for its CERTIFICATE$/],
    ["a BEGIN line without an end", "cert", "-----BEGIN CERTIFICATE\nAAAA", /^cert has a damaged BEGIN line$/],
    ["Base64 with something in it", "cert", pem.replace("M", "*"), /^cert has a CERTIFICATE that is no Base64$/],
    [
      "a block cut short inside",
      "cert",
      pem.replace(/\n[^\n]{64}\n/, "\n"),
      /^cert holds a CERTIFICATE that can't be read$/,
    ],
    [
      "RSA below 2048 bits",
      "cert",
      fixture("weak.cert"),
      /^cert has a key of 1024 bits; modems take RSA keys from 2048 bits$/,
    ],
    ["RSA below 2048 bits as a key", "key", fixture("weak.key"), /^cert has a key of 1024 bits/],
    ["EC below 192 bits", "key", small, /^cert has a key of 160 bits; modems take EC keys from 192 bits$/],
    ["dates that are none", "ca", undated(pem), /^cert has dates that can't be read$/],
    ["another algorithm", "key", dsa, /^cert has a key of type ed25519; modems take RSA and EC keys$/],
  ])("%s", (_what, kind, content, reason) => {
    expect(refusal(() => parse(kind, content))).toMatch(reason);
  });

  it("whatever the bytes are, and without a part of them or of the password", () => {
    const kinds: CertificateKind[] = ["ca", "cert", "key", "server", "signature-cert", "signature-key"];
    const sources = [
      fixture("client.key"),
      fixture("client-encrypted.key"),
      encryptedDer,
      derOf(fixture("client.key")),
    ];
    const damaged = fc
      .tuple(fc.constantFrom(...sources), fc.nat(), fc.nat(255), fc.nat())
      .map(([source, at, value, end]) => {
        const bytes = Buffer.from(source);
        bytes[at % bytes.length] = value;
        return bytes.subarray(0, end % 3 === 0 ? end % bytes.length : bytes.length);
      });
    fc.assert(
      fc.property(fc.constantFrom(...kinds), damaged, (kind, content) => {
        try {
          parse(kind, content, "s3cret-pw");
        } catch (error) {
          expect(isModemError(error, "INVALID_INPUT")).toBe(true);
          const message = String(error);
          expect(message).not.toContain("s3cret-pw");
          const lines = content
            .toString("latin1")
            .split("\n")
            .filter((line) => /^[A-Za-z0-9+/]{8,}/.test(line));
          for (const line of lines) expect(message).not.toContain(line.slice(0, 8));
        }
      }),
      { ...randomRuns(150), verbose: true },
    );
  });
});

describe("the name on the modem", () => {
  it("is the same for the same content and another for other content", () => {
    const ca = ownName(parse("ca", fixture("ca.cert")));
    expect(ca).toMatch(/^nr_ca_[0-9a-f]{16}$/);
    expect(ownName(parse("ca", derOf(fixture("ca.cert"))))).toBe(ca);
    expect(ownName(parse("ca", fixture("other-ca.cert")))).not.toBe(ca);
    expect(ownName(parse("server", fixture("ca.cert")))).toMatch(/^nr_server_/);
  });

  it("of a key tells its public key only, and another encryption of it from the plain one", () => {
    const plain = parse("key", fixture("client.key"));
    const encrypted = parse("key", fixture("client-encrypted.key"), KEY_PASSWORD);
    const again = rsaKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "another" });
    const names = [plain, encrypted, parse("key", again, "another"), parse("key", fixture("server.key"))].map(ownName);
    expect(new Set(names).size).toBe(4);
    expect(ownName(parse("key", fixture("client-pkcs1.key")))).toBe(ownName(plain));
  });

  it("is told from those that people give", () => {
    expect(isOwnName(ownName(parse("signature-cert", fixture("ca.cert"))))).toBe(true);
    for (const name of ["ca_cert", "nr_ca", "nr_ca_0123456789abcdef0", "my_nr_ca_0123456789abcdef"]) {
      expect(isOwnName(name)).toBe(false);
    }
  });
});
