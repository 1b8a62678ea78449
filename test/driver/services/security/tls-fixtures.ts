import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SecurityProfile } from "../../../../driver/services/security/security";
import { TLS_FIXTURES } from "../../../support/paths";

/** A file of test/fixtures/tls. */
export function fixture(name: string): Buffer {
  return readFileSync(join(TLS_FIXTURES, `${name}.pem`));
}

/** The bytes between the first BEGIN and END of a PEM text. */
export function derOf(pem: Buffer | string): Buffer {
  const [, body = ""] = /-----BEGIN [A-Z ]+-----([^-]+)-----END/.exec(pem.toString()) ?? [];
  return Buffer.from(body, "base64");
}

/** A certificate in PEM, in the 99th month of whose last year it expires. */
export function undated(pem: Buffer | string): Buffer {
  const der = derOf(pem);
  const last = der.lastIndexOf(Buffer.from([0x5a, 0x30]), der.indexOf(Buffer.from("Z0", "latin1")) + 40);
  der.write("99", last - 10, "latin1");
  return Buffer.from(`-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`);
}

export function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

/** A profile without any checks, changed as told. */
export function securityProfile(changes: Partial<SecurityProfile> = {}): SecurityProfile {
  return {
    id: "profile-1",
    name: "Test profile",
    validation: "none",
    minVersion: "any",
    ciphers: [],
    resumption: "off",
    resumptionEncrypted: false,
    rootOfTrustPsk: false,
    ...changes,
  };
}

export const KEY_PASSWORD = "key-password";
