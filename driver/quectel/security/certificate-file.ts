import { createPrivateKey } from "node:crypto";
import { ModemError } from "../../errors";
import { type Certificate, isOwnName, ownName, parseCertificate } from "../../services/security/certificate";
import type { CertificateHash } from "../../services/security/security";

const EXTENSION = ".pem";
/** Bytes: no certificate is smaller, and none that a modem can use is larger. */
export const SIZES = { min: 64, max: 8_192 } as const;

/** A certificate or key as the modem uses it: a PEM file. */
export interface CertificateFile extends CertificateHash {
  readonly kind: "ca" | "cert" | "key";
  /** Secret, if it is a key. */
  readonly content: Buffer;
}

/** Under the name that its content makes, unless another is given. */
export function certificateFile(
  kind: CertificateFile["kind"],
  certificate: Certificate,
  { password, name }: { password?: string; name?: string } = {},
): CertificateFile {
  const pem = kind === "key" ? plainKey(certificate, password) : certificate.pem;
  const content = Buffer.from(pem, "latin1");
  if (content.length > SIZES.max) {
    throw new ModemError("INVALID_INPUT", `${kind} is too large: ${content.length} bytes, at most ${SIZES.max}`);
  }
  const held = parseCertificate(kind, content, { field: kind });
  return { kind, name: name ?? `${ownName(held)}${EXTENSION}`, md5: held.md5s[0] ?? "", content };
}

/** The kind in a name that `certificateFile` made. */
export function kindOfName(name: string): CertificateFile["kind"] | undefined {
  if (!name.endsWith(EXTENSION) || !isOwnName(name.slice(0, -EXTENSION.length))) return undefined;
  return (["ca", "cert", "key"] as const).find((kind) => name.startsWith(`nr_${kind}_`));
}

/** QSSLCFG has no parameter for a password; and the forms of old are what the modem is known to read. */
function plainKey({ pem }: Certificate, passphrase: string | undefined): string {
  const key = createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
  return key.export({ format: "pem", type: key.asymmetricKeyType === "ec" ? "sec1" : "pkcs1" }).toString();
}
