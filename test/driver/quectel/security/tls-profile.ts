import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SecurityProfile } from "../../../../driver/services/security/security";
import { TLS_FIXTURES } from "../../../support/paths";

export const pem = (name: string): Buffer => readFileSync(join(TLS_FIXTURES, `${name}.pem`));

export const CA = pem("ca.cert");
export const CLIENT = { cert: pem("client.cert"), key: pem("client.key") } as const;

/** A profile that checks the server by the test's own CA. */
export function profile(settings: Partial<SecurityProfile> = {}): SecurityProfile {
  return {
    id: "profile",
    name: "Profile",
    validation: "ca",
    minVersion: "1.2",
    ciphers: [],
    resumption: "off",
    resumptionEncrypted: false,
    rootOfTrustPsk: false,
    ca: CA,
    ...settings,
  };
}
