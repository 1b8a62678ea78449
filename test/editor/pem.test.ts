import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toPem } from "../../nodes/modem-tls/dialog/pem";
import { TLS_FIXTURES } from "../support/paths";

const read = (name: string) => readFileSync(join(TLS_FIXTURES, `${name}.pem`), "utf8");
const rsa = createPrivateKey(read("client.key"));
const ec = createPrivateKey(read("client-ec.key"));

/** What stands between the first and the last line. */
function body(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");
}

describe("an uploaded file", () => {
  it("in PEM keeps all its texts, and loses the carriage returns of other systems", () => {
    const chain = `${read("client.cert")}${read("ca.cert")}`;
    expect(toPem(Buffer.from(chain))).toBe(chain.trim());
    expect(toPem(Buffer.from(chain.replaceAll("\n", "\r\n")))).toBe(chain.trim());
  });

  it.each(["ca.cert", "client-ec.cert"])("in DER becomes the PEM text of the certificate it is: %s", (name) => {
    const certificate = new X509Certificate(read(name));
    expect(new X509Certificate(toPem(certificate.raw) ?? "").fingerprint256).toBe(certificate.fingerprint256);
  });

  it.each([
    ["PRIVATE KEY", rsa.export({ format: "der", type: "pkcs8" })],
    ["PRIVATE KEY", ec.export({ format: "der", type: "pkcs8" })],
    ["RSA PRIVATE KEY", rsa.export({ format: "der", type: "pkcs1" })],
    ["EC PRIVATE KEY", ec.export({ format: "der", type: "sec1" })],
    ["ENCRYPTED PRIVATE KEY", body(read("client-encrypted.key"))],
  ])("in DER becomes the PEM text of the key it is: %s", (label, der) => {
    const pem = toPem(der) ?? "";
    expect(pem.split("\n")[0]).toBe(`-----BEGIN ${label}-----`);
    expect(body(pem).equals(der)).toBe(true);
    expect(createPrivateKey({ key: pem, passphrase: "key-password" }).type).toBe("private");
  });

  it("that is neither certificate nor private key is none", () => {
    const publicKey = createPublicKey(rsa).export({ format: "der", type: "spki" });
    for (const file of [
      publicKey,
      Buffer.from("a note"),
      Buffer.alloc(0),
      Buffer.from([0x30]),
      Buffer.from([0x30, 0x84]),
    ]) {
      expect(toPem(file)).toBeUndefined();
    }
  });

  it("of any bytes at all stays what it is, or is refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const file = Uint8Array.of(0x30, ...bytes);
        const pem = toPem(file);
        if (pem !== undefined) expect(body(pem).equals(file)).toBe(true);
      }),
    );
  });
});
