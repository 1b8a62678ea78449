import { X509Certificate } from "node:crypto";
import { attempt, md5 } from "../../services/security/certificate";
import { readPem } from "../../services/security/pem";

/** What a file on the modem holds. The modem takes also what a profile of the driver's would not: a weak key. */
export interface FileContent {
  readonly isKey: boolean;
  /** Of the DER form, lower case. */
  readonly md5: string;
  readonly commonName?: string;
  /** ISO 8601, whole seconds. */
  readonly expires?: string;
  /** A certificate that may sign others. */
  readonly isAuthority: boolean;
}

/** undefined for what is neither a certificate nor a private key in PEM. */
export function readContent(content: Buffer): FileContent | undefined {
  const certificate = attempt(() => new X509Certificate(content));
  if (certificate === undefined) return readKey(content);
  const { subject, validTo, raw, ca } = certificate;
  const commonName = subject.split("\n").find((line) => line.startsWith("CN="));
  const expires = new Date(validTo);
  return {
    isKey: false,
    md5: md5(raw),
    ...(commonName === undefined ? {} : { commonName: withoutEscapes(commonName.slice("CN=".length)) }),
    // OpenSSL's date for one that is none is "Bad time value".
    ...(Number.isNaN(expires.getTime()) ? {} : { expires: expires.toISOString().replace(".000Z", "Z") }),
    isAuthority: ca,
  };
}

/** OpenSSL's for commas and the like, and in digits for control characters (RFC 4514 2.4). */
function withoutEscapes(name: string): string {
  return name.replace(/\\(?:([0-9A-F]{2})|(.))/g, (_all, hex?: string, character = "") =>
    hex === undefined ? character : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function readKey(content: Buffer): FileContent | undefined {
  const blocks = attempt(() => readPem(content.toString("latin1"))) ?? [];
  const key = blocks.find(({ label }) => label.endsWith("PRIVATE KEY"));
  return key && { isKey: true, md5: md5(key.der), isAuthority: false };
}
