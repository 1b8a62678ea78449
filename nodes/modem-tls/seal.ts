import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { isPlainObject } from "../common/message/input";

const CIPHER = "aes-256-gcm";
/** bytes */
const KEY_LENGTH = 32;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
/** Separates this key from others derived from the same secret (RFC 5869, 3.2). */
const PURPOSE = "node-red-modem sessions";

/** What data are encrypted with; `false`: stored in plain. */
export type Secret = string | false;

/** The result of `seal`: base64 of nonce, tag and data. The property has the name that Node-RED's credentials use. */
interface Sealed {
  readonly $: string;
}

/** The part of Node-RED's settings that outlives a restart. */
export interface SettingsStorage {
  /** @throws {Error} if the settings are not available */
  get(key: string): unknown;
  set(key: string, value: unknown): Promise<void>;
}

/**
 * The secrets that protect Node-RED's credentials, the current one first: `credentialSecret` of settings.js, else the
 * key that Node-RED generated, else that of the active project. The others may have been in use before. If the first is
 * `false`, Node-RED keeps its credentials in plain too.
 */
export function credentialSecrets(settings: SettingsStorage): Secret[] {
  const candidates = [read(settings, "credentialSecret"), read(settings, "_credentialSecret"), projectSecret(settings)];
  return candidates.filter((secret): secret is Secret => typeof secret === "string" || secret === false);
}

function read(settings: SettingsStorage, key: string): unknown {
  try {
    return settings.get(key);
  } catch {
    return undefined;
  }
}

function projectSecret(settings: SettingsStorage): unknown {
  const projects = read(settings, "projects");
  if (!isPlainObject(projects) || !isPlainObject(projects.projects)) return undefined;
  const active = projects.projects[String(projects.activeProject)];
  return isPlainObject(active) ? active.credentialSecret : undefined;
}

/** JSON to store; with a secret, nobody without it can read or change the data. */
export function seal(data: unknown, secret: Secret): unknown {
  if (secret === false) return data;
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv(CIPHER, key(secret, nonce), nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(data), "utf8"), cipher.final()]);
  const sealed: Sealed = { $: Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64") };
  return sealed;
}

/** Opens what `seal` made with one of these secrets; undefined with another secret or damaged data. */
export function unseal(stored: unknown, secrets: readonly Secret[]): unknown {
  if (!isPlainObject(stored) || typeof stored.$ !== "string") return stored;
  const bytes = Buffer.from(stored.$, "base64");
  for (const secret of secrets) {
    try {
      if (secret !== false) return open(bytes, secret);
    } catch {
      // another secret may fit
    }
  }
  return undefined;
}

/** @throws {Error} if the secret is wrong or a bit was changed */
function open(bytes: Buffer, secret: string): unknown {
  const nonce = bytes.subarray(0, NONCE_LENGTH);
  const decipher = createDecipheriv(CIPHER, key(secret, nonce), nonce, { authTagLength: TAG_LENGTH });
  decipher.setAuthTag(bytes.subarray(NONCE_LENGTH, NONCE_LENGTH + TAG_LENGTH));
  const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_LENGTH + TAG_LENGTH)), decipher.final()]);
  return JSON.parse(text.toString("utf8"));
}

/** HKDF, not a slow hash: Node-RED protects the credentials, which are worth more, by a single SHA-256. */
function key(secret: string, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, salt, PURPOSE, KEY_LENGTH));
}
