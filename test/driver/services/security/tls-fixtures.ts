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
