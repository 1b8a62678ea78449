import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { isPlainObject } from "../common/input";

const CIPHER = "aes-256-gcm";
/** bytes */
const KEY_LENGTH = 32;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
/** Keeps this key apart from every other one that is made from the same secret (RFC 5869, 3.2). */
const PURPOSE = "node-red-modem sessions";

/** What data are sealed with; `false`: not at all. */
export type Secret = string | false;

/** What `seal` gives: base64 of nonce, tag and data. The name of the property is the one of Node-RED's credentials. */
interface Sealed {
  readonly $: string;
}

/** The part of Node-RED's settings that outlives a restart. */
export interface SettingsStorage {
  /** @throws {Error} when the settings can't be had */
  get(key: string): unknown;
  set(key: string, value: unknown): Promise<void>;
}

/**
 * What Node-RED protects its credentials with, the one to use first: `credentialSecret` of settings.js, else the key that
 * it has made itself, else the one of the active project. The others have been in use before, where there are several.
 * Where the first is `false`, Node-RED keeps credentials in plain as well.
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

/** As JSON, so that it can be stored; with a secret so that nobody without it can read or change it. */
export function seal(data: unknown, secret: Secret): unknown {
  if (secret === false) return data;
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv(CIPHER, key(secret, nonce), nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(data), "utf8"), cipher.final()]);
  const sealed: Sealed = { $: Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64") };
  return sealed;
}

/** What was sealed with one of these secrets; undefined where it was another one or the data are damaged. */
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

/** @throws {Error} when the secret is another one, or a bit is another one */
function open(bytes: Buffer, secret: string): unknown {
  const nonce = bytes.subarray(0, NONCE_LENGTH);
  const decipher = createDecipheriv(CIPHER, key(secret, nonce), nonce, { authTagLength: TAG_LENGTH });
  decipher.setAuthTag(bytes.subarray(NONCE_LENGTH, NONCE_LENGTH + TAG_LENGTH));
  const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_LENGTH + TAG_LENGTH)), decipher.final()]);
  return JSON.parse(text.toString("utf8"));
}

/** HKDF and no slow hash: Node-RED guards the credentials themselves, which are worth more, by one round of SHA-256. */
function key(secret: string, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, salt, PURPOSE, KEY_LENGTH));
}
