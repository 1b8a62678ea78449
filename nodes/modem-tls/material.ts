import { readFileSync, statSync } from "node:fs";
import { invalid } from "../common/errors";
import { optionalText } from "../common/message/input";

/** Bytes: more than any certificate or key has, and small enough to read at a deploy. */
const FILE_LIMIT = 100_000;
/** Characters of a text, which may hold several certificates; what they may have each is checked where they are read. */
const TEXT_LIMIT = 1_000_000;

/**
 * The bytes of a certificate or key: PEM text, or the content of a PEM or DER file on the gateway. undefined when
 * empty.
 *
 * @throws {ModemError} `INVALID_INPUT`, without quoting the input: a key without its first line looks like a path
 */
export function readMaterial(value: unknown, field: string): Buffer | undefined {
  const text = optionalText(value, field, TEXT_LIMIT)?.trim();
  if (text === undefined || text === "") return undefined;
  if (!text.includes("-----BEGIN")) return readRegularFile(text, field);
  // The editor shows these fields, and an exported flow contains `pinnedKey`.
  if (field !== "key" && text.includes("PRIVATE KEY-----")) {
    throw invalid(field, "holds a private key, which is not protected in this field: enter it as key, and only there");
  }
  return Buffer.from(text, "utf8");
}

/** Regular files only: a device or a pipe might never end. */
function readRegularFile(path: string, field: string): Buffer {
  try {
    const status = statSync(path);
    if (!status.isFile()) throw invalid(field, "is neither PEM text nor a regular file on the gateway");
    if (status.size > FILE_LIMIT) throw invalid(field, `is a file of more than ${FILE_LIMIT} bytes`);
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    if (code === "INVALID_INPUT") throw error;
    throw invalid(field, `is neither PEM text nor a file that can be read on the gateway (${code})`);
  }
}
