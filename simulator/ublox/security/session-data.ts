import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import type { Modem } from "../../modem";
import type { ResumptionType } from "./session-resumption";

const MODEM_KEY = "ublox.session-key";
const CIPHER = "aes-256-gcm";
const KEY_LENGTH = 32;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const CHECK_LENGTH = 4;

/**
 * Values of a type's tag for a session: base64 of id and secret, or of all of it and the length of that text
 * (guide 3.4.4).
 */
export function writeSession(modem: Modem, type: ResumptionType, session: Buffer, id: Buffer): string[] {
  if (type.encrypted) return withSize(encrypt(modem, type, session));
  const secret = Buffer.concat([checkOf(type, id, session), session]);
  return type.kind === "id" ? [id.toString("base64"), secret.toString("base64")] : withSize(secret);
}

/** Undefined for data that this modem did not write; the connection then needs a full handshake. */
export function readSession(modem: Modem, type: ResumptionType, values: readonly string[]): Buffer | undefined {
  const [first = "", second = ""] = values;
  if (type.encrypted) return decrypt(modem, type, Buffer.from(first, "base64"));
  const isId = type.kind === "id";
  const id = isId ? Buffer.from(first, "base64") : Buffer.alloc(0);
  const secret = Buffer.from(isId ? second : first, "base64");
  const session = secret.subarray(CHECK_LENGTH);
  return checkOf(type, id, session).equals(secret.subarray(0, CHECK_LENGTH)) ? session : undefined;
}

function withSize(data: Buffer): string[] {
  const text = data.toString("base64");
  return [text, `${text.length}`];
}

/** A checksum that detects truncated or mixed-up data before the TLS library sees them. */
function checkOf({ kind }: ResumptionType, id: Buffer, session: Buffer): Buffer {
  const covered = kind === "id" ? Buffer.concat([id, session]) : session;
  return createHash("sha256").update(kind).update(covered).digest().subarray(0, CHECK_LENGTH);
}

function encrypt(modem: Modem, type: ResumptionType, session: Buffer): Buffer {
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv(CIPHER, modemKey(modem), nonce).setAAD(Buffer.from(type.kind));
  const encrypted = Buffer.concat([cipher.update(session), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
}

function decrypt(modem: Modem, type: ResumptionType, data: Buffer): Buffer | undefined {
  const start = NONCE_LENGTH + TAG_LENGTH;
  if (data.length <= start) return undefined;
  const decipher = createDecipheriv(CIPHER, modemKey(modem), data.subarray(0, NONCE_LENGTH))
    .setAAD(Buffer.from(type.kind))
    .setAuthTag(data.subarray(NONCE_LENGTH, start));
  try {
    return Buffer.concat([decipher.update(data.subarray(start)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Made once in the life of a modem. */
function modemKey(modem: Modem): Buffer {
  const stored = modem.storage.get<string>(MODEM_KEY);
  if (stored !== undefined) return Buffer.from(stored, "hex");
  const key = randomBytes(KEY_LENGTH);
  modem.storage.set(MODEM_KEY, key.toString("hex"));
  return key;
}
