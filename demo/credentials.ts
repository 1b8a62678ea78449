import { createCipheriv, createHash, randomBytes } from "node:crypto";

/** The `credentialSecret` in the settings of the demo's Node-RED. */
export const CREDENTIAL_SECRET = "demo";

/** What Node-RED keeps out of a flow file, by node id. */
export type Credentials = Readonly<Record<string, unknown>>;

/** A credential file as Node-RED writes it: AES-256-CTR under the hash of the secret, IV in hex, text in base64. */
export function credentialFile(credentials: Credentials): string {
  const key = createHash("sha256").update(CREDENTIAL_SECRET).digest();
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-256-ctr", key, iv);
  const encrypted = cipher.update(JSON.stringify(credentials), "utf8", "base64") + cipher.final("base64");
  return JSON.stringify({ $: iv.toString("hex") + encrypted });
}
