import { createCipheriv, createHash, randomBytes } from "node:crypto";

/** What the settings of the demo's Node-RED name. */
export const CREDENTIAL_SECRET = "demo";

/** By node id, what Node-RED keeps out of a flow file. */
export type Credentials = Readonly<Record<string, unknown>>;

/** A credential file as Node-RED writes it: AES-256-CTR under the hash of the secret, IV in hex, text in base64. */
export function credentialFile(credentials: Credentials): string {
  const key = createHash("sha256").update(CREDENTIAL_SECRET).digest();
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-256-ctr", key, iv);
  const encrypted = cipher.update(JSON.stringify(credentials), "utf8", "base64") + cipher.final("base64");
  return JSON.stringify({ $: iv.toString("hex") + encrypted });
}
