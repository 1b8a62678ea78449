import { ModemError } from "../../errors";
import { parseCertificate } from "../../services/security/certificate";
import type {
  CertificateHash,
  CertificateKind,
  CertificateSource,
  StoredCertificate,
} from "../../services/security/security";
import type { QuectelFiles } from "../files/files";
import type { QuectelTraits } from "../traits";
import { type CertificateFile, certificateFile, kindOfName, SIZES } from "./certificate-file";
import { type FileContent, readContent } from "./stored-certificate";

type FileKind = CertificateFile["kind"];
type Options = { signal?: AbortSignal };

/** Certificates and keys among the modem's files: it has no other place for them (guide 3.2, AT facts 3.1). */
export class CertificateStore {
  readonly #files: QuectelFiles;
  readonly #model: QuectelTraits;
  /** What the files hold, by name and size: reading them takes long. */
  readonly #known = new Map<string, Map<number, FileContent | undefined>>();
  /** As which kind a file was imported, where its content leaves that open. */
  readonly #imported = new Map<string, FileKind>();

  constructor(files: QuectelFiles, model: QuectelTraits) {
    this.#files = files;
    this.#model = model;
    // Size and name may stay the same.
    files.onChange((name) => this.#forget(name));
  }

  /** Sends a file unless the modem holds it: its name tells its content. Resolves to whether it was sent. */
  async ensure({ name, content }: CertificateFile, options: Options): Promise<boolean> {
    if ((await this.#files.size(name)) === content.length) return false;
    await this.#files.upload(name, content, options);
    return true;
  }

  async list(options: Options): Promise<StoredCertificate[]> {
    const found: StoredCertificate[] = [];
    for (const { name, size } of await this.#files.list()) {
      options.signal?.throwIfAborted();
      const content = await this.#look(name, size, options);
      if (content === undefined) continue;
      const { commonName, expires } = content;
      const kind = this.#kindOf(name, content);
      found.push({
        kind,
        name,
        ...(commonName !== undefined && { commonName }),
        ...(expires !== undefined && { expires }),
      });
    }
    return found;
  }

  async import(
    kind: CertificateKind,
    name: string,
    source: CertificateSource,
    options: Options,
  ): Promise<CertificateHash> {
    const fileKind = supported(kind, this.#model);
    if (kindOfName(name) !== undefined) {
      throw new ModemError("INVALID_INPUT", `name ${name} is kept for certificates of security profiles; take another`);
    }
    const { password } = source;
    const given = "content" in source ? source.content : await this.#readSmall(source.file, options);
    const certificate = parseCertificate(fileKind, given, { field: WORDS[fileKind], password });
    const { content, md5 } = certificateFile(fileKind, certificate, { password, name });
    if (!(await this.#holds(name, content, options))) await this.#files.upload(name, content, options);
    this.#imported.set(name, fileKind);
    return { kind, name, md5 };
  }

  async remove(kind: CertificateKind, name: string): Promise<void> {
    await this.#find(supported(kind, this.#model), name);
    await this.#files.remove(name);
  }

  async hash(kind: CertificateKind, name: string): Promise<CertificateHash> {
    const { md5 } = await this.#find(supported(kind, this.#model), name);
    return { kind, name, md5 };
  }

  /** Forgets what was read. */
  reset(): void {
    this.#known.clear();
  }

  #forget(name: string): void {
    this.#imported.delete(name);
    this.#known.delete(name);
  }

  /** It may be a key. */
  #read(name: string, options: Options): Promise<Buffer> {
    return this.#files.read(name, { ...options, confidential: true });
  }

  /** Reading a file that can't be a certificate would only keep the line busy. */
  async #readSmall(name: string, options: Options): Promise<Buffer> {
    const size = await this.#files.size(name);
    if (size === undefined || size <= SIZES.max) return this.#read(name, options);
    throw new ModemError(
      "INVALID_INPUT",
      `file ${name} is too large for a certificate: ${size} bytes, at most ${SIZES.max}`,
    );
  }

  async #holds(name: string, content: Buffer, options: Options): Promise<boolean> {
    return (await this.#files.size(name)) === content.length && content.equals(await this.#read(name, options));
  }

  async #look(name: string, size: number, options: Options): Promise<FileContent | undefined> {
    if (size < SIZES.min || size > SIZES.max) return undefined;
    const known = this.#known.get(name);
    if (known?.has(size) === true) return known.get(size);
    const content = readContent(await this.#read(name, options));
    this.#known.set(name, new Map([[size, content]]));
    return content;
  }

  /** Any other file is not there as far as certificates go: to remove one deletes nothing else. */
  async #find(kind: FileKind, name: string): Promise<FileContent> {
    const size = await this.#files.size(name);
    const content = size === undefined ? undefined : await this.#look(name, size, {});
    if (content !== undefined && content.isKey === (kind === "key")) return content;
    const cause = { command: "AT+QFLST", errorText: "no such certificate" };
    throw new ModemError("MODEM_REJECTED", `There is no ${WORDS[kind]} ${name} on the modem`, cause);
  }

  #kindOf(name: string, { isKey, isAuthority }: FileContent): FileKind {
    if (isKey) return "key";
    return kindOfName(name) ?? this.#imported.get(name) ?? (isAuthority ? "ca" : "cert");
  }
}

const WORDS: Readonly<Record<FileKind, string>> = {
  ca: "CA certificate",
  cert: "client certificate",
  key: "client key",
};

function supported(kind: CertificateKind, { name }: QuectelTraits): FileKind {
  if (kind === "ca" || kind === "cert" || kind === "key") return kind;
  throw new ModemError("NOT_SUPPORTED", `${name} has no ${kind}; it takes ca, cert and key`);
}
