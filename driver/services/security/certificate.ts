import { createHash, createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { ModemError, shortened } from "../../errors";
import { keyAlgorithm } from "./key-algorithm";
import { checkDerivation, checkType, type KeyForm, keyForm } from "./key-form";
import { type PemBlock, readPem, writePem } from "./pem";
import type { CertificateKind } from "./security";

/** A certificate or key that was parsed and can be used; `der` and `pem` of a private key are secret. */
export interface Certificate {
  readonly kind: CertificateKind;
  /** As given, a certificate without anything behind it; of a chain the first. */
  readonly der: Buffer;
  /** The same, lines ended with LF, without text around it. */
  readonly pem: string;
  /** MD5 in lower-case hexadecimal digits: of each form in which a modem may keep it. */
  readonly md5s: readonly string[];
  /** A private key that needs a password. */
  readonly encrypted: boolean;
  /** Its public key, or the one that belongs to it: DER of SubjectPublicKeyInfo. */
  readonly publicKey: Buffer;
  /** `RSA 2048`, `EC 256`: kind and bits of the key. */
  readonly algorithm: string;
  /** `CN=Test Client`, parts joined by commas; certificates only, as the two dates. */
  readonly subject?: string;
  /** The authority that issued it, of a certificate that may sign no others. */
  readonly issuedBy?: string;
  readonly validFrom?: Date;
  readonly expires?: Date;
}

export interface ParseOptions {
  /** Name of the property in error messages, as the flow's author knows it. */
  readonly field: string;
  /** Of an encrypted private key. */
  readonly password?: string;
}

type Role = "certificate" | "private key" | "public key";

const ROLES: Readonly<Record<CertificateKind, Role>> = {
  ca: "certificate",
  cert: "certificate",
  key: "private key",
  server: "certificate",
  "signature-cert": "certificate",
  "signature-key": "public key",
};

const LABELS: ReadonlyMap<string, Role> = new Map([
  ["CERTIFICATE", "certificate"],
  ["X509 CERTIFICATE", "certificate"],
  ["TRUSTED CERTIFICATE", "certificate"],
  ["PRIVATE KEY", "private key"],
  ["ENCRYPTED PRIVATE KEY", "private key"],
  ["RSA PRIVATE KEY", "private key"],
  ["EC PRIVATE KEY", "private key"],
  ["PUBLIC KEY", "public key"],
  ["RSA PUBLIC KEY", "public key"],
]);

/** Bytes of a text or a file: a chain with its text has about ten times as many as one certificate. */
const MAX_CONTENT = 100_000;
/** Bytes of one certificate or key: as many as modems take (AT manuals of the sister modems, +USECMNG). */
const MAX_DER = 8192;
/** Tag of what every certificate and key in DER begins with. */
const SEQUENCE = 0x30;

/**
 * Reads a certificate or a key, PEM or DER. Text around PEM blocks and blocks of other kinds are passed over; of a chain
 * in anything but `ca` the first is taken, as it is the owner's own (RFC 8446 4.4.2), since modems have room for one.
 *
 * @throws {ModemError} `INVALID_INPUT` with field and reason: not parseable, another kind, several in `ca`, password
 * missing or wrong, RSA below 2048 or EC below 192 bits (u-blox guide 3.1)
 */
export function parseCertificate(kind: CertificateKind, content: Uint8Array, options: ParseOptions): Certificate {
  const refuse = refusal(options.field);
  if (content.length === 0) throw refuse("is empty");
  if (content.length > MAX_CONTENT) throw refuse(`is too large: ${content.length} bytes, at most ${MAX_CONTENT}`);
  const role = ROLES[kind];
  const block = choose(kind, content, refuse);
  if (block.der.length > MAX_DER) throw refuse(`is too large: ${block.der.length} bytes, modems take ${MAX_DER}`);
  const common = { kind, encrypted: false };
  if (role === "certificate") return { ...common, ...parseX509(block, refuse) };
  if (role === "public key") return { ...common, ...parsePublicKey(block, refuse) };
  return { ...common, ...parsePrivateKey(block, options.password, refuse) };
}

/** Whether a certificate is for this key. */
export function matches(certificate: Certificate, key: Certificate): boolean {
  return certificate.publicKey.equals(key.publicKey);
}

/**
 * The name under which the driver keeps it on a modem: the same content has the same name, other content has another.
 *
 * A key is named by its public key. An encrypted one, of which a modem has to be given the password, also by its
 * encrypted form: the name tells nothing by which a guess of the password could be tested.
 */
export function ownName({ kind, der, encrypted, publicKey }: Certificate): string {
  const hash = createHash("sha256");
  if (ROLES[kind] === "private key") hash.update(publicKey).update(encrypted ? der : "");
  else hash.update(der);
  return `nr_${kind}_${hash.digest("hex").slice(0, 16)}`;
}

/** Whether a name on a modem is one that `ownName` gave. */
export function isOwnName(name: string): boolean {
  return /^nr_[a-z-]+_[0-9a-f]{16}$/.test(name);
}

type Refuse = (reason: string) => ModemError;

function refusal(field: string): Refuse {
  return (reason) => new ModemError("INVALID_INPUT", `${field} ${reason}`);
}

/** The block of a PEM text that is of the kind; DER as a block without a label. */
function choose(kind: CertificateKind, content: Uint8Array, refuse: Refuse): PemBlock {
  const bytes = Buffer.from(content);
  const role = ROLES[kind];
  if (bytes[0] === SEQUENCE && !bytes.includes("-----BEGIN ")) return { label: "", headers: [], der: bytes };
  const blocks = orRefuse(() => readPem(bytes.toString("latin1")), refuse);
  if (blocks.length === 0) throw refuse("is neither PEM nor DER");
  const [first, ...more] = blocks.filter(({ label }) => LABELS.get(label) === role);
  if (first === undefined) throw refuse(`must be a ${role}, but holds ${listed(blocks)}`);
  if (kind === "ca" && more.length > 0) {
    throw refuse(
      `holds ${more.length + 1} certificates, but a modem's profile takes one. Keep only the root that the server's chain ends in`,
    );
  }
  return first;
}

function listed(blocks: readonly PemBlock[]): string {
  return shortened([...new Set(blocks.map(({ label }) => label))].join(", "));
}

/** What our own reading says in words follows the field's name. */
function orRefuse<T>(work: () => T, refuse: Refuse): T {
  try {
    return work();
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : "can't be read");
  }
}

type Parsed = Omit<Certificate, "kind" | "encrypted">;

function parseX509({ label, der }: PemBlock, refuse: Refuse): Parsed {
  const certificate = attempt(() => new X509Certificate(der));
  if (certificate === undefined) throw refuse(unreadable(label, "certificate", der));
  const { raw, subject, issuer } = certificate;
  const [validFrom, expires] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  // OpenSSL's date for one that is none is "Bad time value".
  if (Number.isNaN(validFrom.getTime() + expires.getTime())) throw refuse("has dates that can't be read");
  const key = attempt(() => certificate.publicKey);
  if (key === undefined) throw refuse("has a public key that can't be read");
  return {
    der: raw,
    pem: writePem({ label: "CERTIFICATE", headers: [], der: raw }),
    md5s: [md5(raw)],
    publicKey: spki(key),
    algorithm: orRefuse(() => keyAlgorithm(key), refuse),
    subject: oneLine(subject),
    // RFC 5280: roots of version 1 say nothing of what they may sign; one that signed itself is its own anchor.
    ...(certificate.ca || subject === issuer ? {} : { issuedBy: oneLine(issuer) }),
    validFrom,
    expires,
  };
}

function oneLine(name: string): string {
  return name.split("\n").join(", ");
}

/**
 * What a server is checked against has to be an authority's: with its own certificate there no check can succeed.
 *
 * @throws {ModemError} `INVALID_INPUT`, naming the field
 */
export function checkAuthority({ subject = "", issuedBy }: Certificate, field: string): void {
  if (issuedBy === undefined) return;
  throw new ModemError(
    "INVALID_INPUT",
    `${field} is not a certificate authority's: ${shortened(subject)} is a server's or a client's own. Enter the certificate of the authority that issued it (${shortened(issuedBy)})`,
  );
}

function parsePublicKey({ label, der }: PemBlock, refuse: Refuse): Parsed {
  const key = readPublicKey(der);
  if (key === undefined) throw refuse(unreadable(label, "public key", der));
  const pkcs1 = key.asymmetricKeyType === "rsa" ? [key.export({ format: "der", type: "pkcs1" })] : [];
  return {
    der,
    pem: writePem({ label: label === "" ? "PUBLIC KEY" : label, headers: [], der: label === "" ? spki(key) : der }),
    md5s: distinct([der, spki(key), ...pkcs1]),
    publicKey: spki(key),
    algorithm: orRefuse(() => keyAlgorithm(key), refuse),
  };
}

function parsePrivateKey(
  block: PemBlock,
  password: string | undefined,
  refuse: Refuse,
): Parsed & Pick<Certificate, "encrypted"> {
  const { label, headers, der } = block;
  const encrypted = label === "" ? keyForm(der) === "encrypted" : isEncryptedPem(block);
  if (encrypted && (password === undefined || password === "")) throw refuse("is encrypted: its password is missing");
  orRefuse(() => checkCost(block, encrypted), refuse);
  const key = encrypted ? decrypt(block, password ?? "") : readPrivateKey(der);
  if (key === undefined) {
    throw refuse(encrypted ? "can't be decrypted: its password is wrong" : unreadable(label, "private key", der));
  }
  const algorithm = orRefuse(() => keyAlgorithm(key), refuse);
  const form = key.asymmetricKeyType === "ec" ? "sec1" : "pkcs1";
  const specific = key.export({ format: "der", type: form });
  const pkcs8 = key.export({ format: "der", type: "pkcs8" });
  const plain = label === "" && !encrypted ? { label: "PRIVATE KEY", headers, der: pkcs8 } : undefined;
  return {
    der,
    pem: writePem(plain ?? (label === "" ? { label: "ENCRYPTED PRIVATE KEY", headers, der } : block)),
    md5s: distinct([der, specific, pkcs8]),
    encrypted,
    publicKey: spki(createPublicKey(key)),
    algorithm,
  };
}

function isEncryptedPem({ label, headers }: PemBlock): boolean {
  return label === "ENCRYPTED PRIVATE KEY" || headers.some((header) => /^Proc-Type:.*ENCRYPTED/.test(header));
}

/** Of what may take long to open. The other forms, and the old encryption, take no time. */
function checkCost({ label, der }: PemBlock, encrypted: boolean): void {
  const form = keyForm(der);
  if (form === "pkcs8") checkType(der);
  if (encrypted && (form === "encrypted" || label === "ENCRYPTED PRIVATE KEY")) checkDerivation(der);
}

function decrypt(block: PemBlock, passphrase: string): KeyObject | undefined {
  const { label, der } = block;
  return attempt(() =>
    label === ""
      ? createPrivateKey({ key: der, format: "der", type: "pkcs8", passphrase })
      : createPrivateKey({ key: writePem(block), passphrase }),
  );
}

function readPrivateKey(key: Buffer): KeyObject | undefined {
  const type = keyForm(key);
  if (type !== "pkcs8" && type !== "pkcs1" && type !== "sec1") return undefined;
  return attempt(() => {
    if (type === "pkcs8") checkType(key);
    return createPrivateKey({ key, format: "der", type });
  });
}

const PUBLIC_FORMS: Readonly<Partial<Record<KeyForm, "spki" | "pkcs1">>> = { spki: "spki", "public pkcs1": "pkcs1" };

/** Node takes a private key for its public part, too; a modem must not get one in its place. */
function readPublicKey(key: Buffer): KeyObject | undefined {
  const type = PUBLIC_FORMS[keyForm(key) ?? "pkcs8"];
  return type && attempt(() => createPublicKey({ key, format: "der", type }));
}

/** Says of DER what it is instead, as far as that can be found out. */
function unreadable(label: string, wanted: Role, der: Buffer): string {
  if (label !== "") return `holds a ${label} that can't be read`;
  const found: [Role, unknown][] = [
    ["certificate", attempt(() => new X509Certificate(der))],
    ["private key", readPrivateKey(der) ?? (keyForm(der) === "encrypted" || undefined)],
    ["public key", readPublicKey(der)],
  ];
  const other = found.find(([, value]) => value !== undefined)?.[0];
  return other === undefined ? `can't be read as a ${wanted}` : `must be a ${wanted}, but is a ${other}`;
}

/** What `work` gives, or undefined. OpenSSL's own words are left out: they name its parts, not the user's. */
export function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function spki(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "spki" });
}

/** In lower-case hexadecimal digits. */
export function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

function distinct(forms: readonly Buffer[]): string[] {
  return [...new Set(forms.map(md5))];
}
