import { createHash, X509Certificate } from "node:crypto";
import type { Modem } from "../../modem";
import { type CertificateType, toDer } from "./certificate-format";

const STORED = "ublox.certificates";

/** One certificate or key in NVM. */
interface Entry {
  readonly type: CertificateType;
  readonly name: string;
  /** Base64. */
  readonly der: string;
  /** The password given when an encrypted key was imported. */
  readonly password?: string;
}

/** Certificates and keys of +USECMNG; they survive reboots. */
export class CertificateStore {
  readonly #modem: Modem;

  constructor(modem: Modem) {
    this.#modem = modem;
  }

  /**
   * Replaces an entry with the same type and name.
   * @throws {Error} if the content can't be used
   */
  import(type: CertificateType, name: string, content: Buffer, password?: string): void {
    const der = toDer(type, content, password).toString("base64");
    const entry: Entry = { type, name, der, ...(password === undefined ? {} : { password }) };
    const entries = this.#entries();
    const place = entries.findIndex((old) => isNamed(old, type, name));
    if (place < 0) entries.push(entry);
    else entries[place] = entry;
    this.#modem.storage.set(STORED, entries);
  }

  /** @returns whether there was one */
  remove(type: CertificateType, name: string): boolean {
    const entries = this.#entries();
    const kept = entries.filter((entry) => !isNamed(entry, type, name));
    if (kept.length === entries.length) return false;
    this.#modem.storage.set(STORED, kept);
    return true;
  }

  der(type: CertificateType, name: string): Buffer | undefined {
    const entry = this.#find(type, name);
    return entry === undefined ? undefined : Buffer.from(entry.der, "base64");
  }

  /** The password given when the key was imported. */
  password(name: string): string | undefined {
    return this.#find("PK", name)?.password;
  }

  /** MD5 of the stored DER, 32 hexadecimal digits (guide 3.3). */
  md5(type: CertificateType, name: string): string | undefined {
    const der = this.der(type, name);
    return der === undefined ? undefined : createHash("md5").update(der).digest("hex");
  }

  /** Every imported root. */
  roots(): Buffer[] {
    return this.#entries()
      .filter(({ type }) => type === "CA")
      .map(({ der }) => Buffer.from(der, "base64"));
  }

  /** In the order of import. */
  list(): {
    readonly type: CertificateType;
    readonly name: string;
    readonly certificate: X509Certificate | undefined;
  }[] {
    return this.#entries().map(({ type, name, der }) => {
      const isKey = type === "PK" || type === "PU";
      return { type, name, certificate: isKey ? undefined : new X509Certificate(Buffer.from(der, "base64")) };
    });
  }

  #find(type: CertificateType, name: string): Entry | undefined {
    return this.#entries().find((entry) => isNamed(entry, type, name));
  }

  #entries(): Entry[] {
    return this.#modem.storage.get<Entry[]>(STORED) ?? [];
  }
}

export function certificateStore(modem: Modem): CertificateStore {
  return modem.service("ublox.certificates", () => new CertificateStore(modem));
}

function isNamed(entry: Entry, type: CertificateType, name: string): boolean {
  return entry.type === type && entry.name === name;
}
