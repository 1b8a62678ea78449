import { createPrivateKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { isModemError } from "../../../../driver/errors";
import { parseCertificate } from "../../../../driver/services/security/certificate";
import { fixture } from "./tls-fixtures";

/** ms that nothing in the process may take longer than; with room for a machine that is busy. */
const BLOCK_MS = 300;

const NULL = Buffer.from([5, 0]);

function element(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const head = Buffer.from([tag, 0x83, 0, 0, 0]);
  head.writeUIntBE(content.length, 2, 3);
  return Buffer.concat([content.length < 0x80 ? Buffer.from([tag, content.length]) : head, content]);
}

/** As BER allows it: without a length. */
function endless(...parts: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0x30, 0x80]), ...parts, Buffer.alloc(2)]);
}

/** X.690 8.1.3.5 and 10.1: as few bytes for a length as there can be. */
function shortest(der: Buffer): Buffer {
  return der.length < 0x10000 && der[1] === 0x83 && der[2] === 0
    ? Buffer.concat([Buffer.from([der[0] ?? 0, 0x82]), der.subarray(3)])
    : der;
}

const sequence = (...parts: Buffer[]): Buffer => shortest(element(0x30, ...parts));
const octets = (content: Buffer): Buffer => shortest(element(0x04, content));
const oid = (hex: string): Buffer => element(0x06, Buffer.from(hex, "hex"));
const integer = (hex: string): Buffer => shortest(element(0x02, Buffer.from(hex, "hex")));
const large = (bytes: number): Buffer => integer(`7f${"a5".repeat(bytes - 1)}`);

const SALT = octets(Buffer.alloc(8, 7));
const AES = sequence(oid("60864801650304012a"), octets(Buffer.alloc(16, 7)));
const CONTENT = octets(Buffer.alloc(160, 7));
const SHA256 = sequence(oid("2a864886f70d0209"), NULL);

const pbes2 = (name: string, ...parameters: Buffer[]): Buffer =>
  sequence(sequence(oid("2a864886f70d01050d"), sequence(sequence(oid(name), sequence(...parameters)), AES)), CONTENT);
const PBKDF2 = "2a864886f70d01050c";
const derived = (rounds: string): Buffer => pbes2(PBKDF2, SALT, integer(rounds), SHA256);
const scrypt = (...costs: string[]): Buffer => pbes2("2b06010401da47040b", SALT, ...costs.map(integer));
const byPkcs12 = (rounds: string): Buffer =>
  sequence(sequence(oid("2a864886f70d010c0103"), sequence(SALT, integer(rounds))), CONTENT);
const inBer = endless(
  endless(oid("2a864886f70d01050d"), endless(endless(oid(PBKDF2), endless(SALT, integer("00989680"), SHA256)), AES)),
  CONTENT,
);

const keyOf = (type: string, ...parameters: Buffer[]): Buffer =>
  sequence(integer("00"), sequence(oid(type), sequence(...parameters)), octets(large(2000)));
const dsa = keyOf("2a8648ce380401", large(2000), large(2000), large(2000));
const inNoLengths = endless(
  integer("00"),
  endless(oid("2a8648ce380401"), endless(large(2000), large(2000), large(2000))),
  octets(large(2000)),
);
const dh = keyOf("2a864886f70d010301", large(1000), integer("02"));

function pem(label: string, der: Buffer): Buffer {
  return Buffer.from(`-----BEGIN ${label}-----\n${der.toString("base64")}\n-----END ${label}-----\n`);
}

/** Why it was refused, and in how many ms. */
function refused(content: Buffer): { reason: string; took: number } {
  const start = performance.now();
  try {
    parseCertificate("key", content, { field: "key", password: "secret" });
  } catch (error) {
    if (isModemError(error, "INVALID_INPUT")) return { reason: error.message, took: performance.now() - start };
    throw error;
  }
  return { reason: "not refused", took: performance.now() - start };
}

describe("F35 neighbour: a key made to stop the process", () => {
  it.each([
    ["ten million rounds", derived("00989680")],
    ["more rounds than a number holds", derived("7f".repeat(20))],
    ["rounds below zero", derived("ff".repeat(4))],
    ["ten million rounds of PKCS #12", byPkcs12("00989680")],
    ["an scrypt of many lanes", scrypt("4000", "08", "0080")],
  ])("is refused for %s", (_what, der) => {
    for (const content of [der, pem("ENCRYPTED PRIVATE KEY", der)]) {
      const { reason, took } = refused(content);
      expect(reason).toMatch(/^key takes too long to open: .*openssl pkcs8/);
      expect(took).toBeLessThan(BLOCK_MS);
    }
  });

  it.each([
    ["in a coding that has no lengths", pem("ENCRYPTED PRIVATE KEY", inBer)],
    ["by a scheme of its own", pem("ENCRYPTED PRIVATE KEY", sequence(sequence(oid("2a03"), NULL), CONTENT))],
  ])("is refused when it is encrypted %s", (_what, content) => {
    const { reason, took } = refused(content);
    expect(reason).toBe("key is encrypted in a way that is not known");
    expect(took).toBeLessThan(BLOCK_MS);
  });

  it.each([
    ["DSA", dsa],
    ["Diffie-Hellman", dh],
  ])("of %s with huge numbers is not read", (_what, der) => {
    for (const content of [der, pem("PRIVATE KEY", der)]) {
      const { reason, took } = refused(content);
      expect(reason).toBe("key has a key of another type; modems take RSA and EC keys");
      expect(took).toBeLessThan(BLOCK_MS);
    }
  });

  it("is not read in place of a public key either", () => {
    for (const der of [dsa, inNoLengths]) {
      const start = performance.now();
      expect(() => parseCertificate("signature-key", der, { field: "key" })).toThrow(/^key can't be read/);
      expect(performance.now() - start).toBeLessThan(BLOCK_MS);
    }
  });

  it("is not read in a coding that has no lengths", () => {
    for (const content of [inNoLengths, pem("PRIVATE KEY", inNoLengths), pem("RSA PRIVATE KEY", inNoLengths)]) {
      const { reason, took } = refused(content);
      expect(reason).toMatch(/can't be read/);
      expect(took).toBeLessThan(BLOCK_MS);
    }
  });

  it("of more bytes than a modem takes is not read", () => {
    const nested = Buffer.alloc(90_000, Buffer.from([0x30, 0x80]));
    expect(refused(nested).reason).toBe("key is too large: 90000 bytes, modems take 8192");
  });
});

describe("a key with an encryption as it is made today", () => {
  const key = createPrivateKey(fixture("client.key"));

  it.each(["aes-256-cbc", "aes-128-cbc", "des-ede3-cbc"])("is opened: %s", (cipher) => {
    const options = { type: "pkcs8", cipher, passphrase: "secret" } as const;
    for (const content of [key.export({ ...options, format: "pem" }), key.export({ ...options, format: "der" })]) {
      const parsed = parseCertificate("key", Buffer.from(content), { field: "key", password: "secret" });
      expect(parsed).toMatchObject({ encrypted: true, algorithm: "RSA 2048" });
    }
  });
});
