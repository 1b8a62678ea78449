import { isDeepStrictEqual } from "node:util";
import type { Channel } from "../../at/channel-types";
import { transferTime } from "../../at/clock";
import type { Command } from "../../at/command";
import { type Field, quote } from "../../at/fields";
import { ask, unlessRejected } from "../../cellular/commands";
import { isModemError, ModemError } from "../../errors";
import { agreed } from "../../services/agreement";
import { type Certificate, isOwnName, ownName, parseCertificate } from "../../services/security/certificate";
import {
  CERTIFICATE_KINDS,
  type CertificateHash,
  type CertificateKind,
  type CertificateSource,
  type StoredCertificate,
} from "../../services/security/security";
import { Pool } from "../../services/waiting/pool";
import { command, query } from "../commands";
import type { UbloxFiles } from "../files/files";
import type { UbloxTimeouts } from "../timeouts";
import type { UbloxTraits } from "../traits";
import { isListLine, parseListLine } from "./certificate-list";

/** Op codes of +USECMNG (guide 3.1 and 3.3; AT manuals of the sister modems for 2 and 4). */
const OP = { stream: 0, file: 1, remove: 2, list: 3, hash: 4 } as const;
/** Where the answer has the hash: behind op (of an import 0 or 1, guide 3.3), type and name. */
const HASH_FIELD = 3;

/** Characters, and bytes of what is imported (AT manuals of the sister modems). */
const MAX = { name: 200, file: 248, password: 128, size: 8192 } as const;

/** A UART may lose a byte; a second failure is no accident. */
const TRIES = 2;

interface Cancellable {
  readonly signal?: AbortSignal;
}

/** An import that was checked: what every one of its commands is made of. */
interface Import extends Cancellable {
  readonly certificate: Certificate;
  readonly name: string;
  readonly password: Field | undefined;
  readonly source: { readonly content: Buffer } | { readonly file: Field };
}

/** The modem's certificates and keys: +USECMNG (guide 3.1). */
export class UbloxCertificates {
  readonly #channel: Channel;
  readonly #files: UbloxFiles;
  readonly #timeouts: UbloxTimeouts;
  /** Comparing, removing and importing of one caller must not mix with another's. */
  readonly #turn = new Pool(["turn"], { name: "certificate managers" });
  /** What `ensure` gave: profiles of this session may use it. */
  readonly #used = new Set<string>();

  constructor(channel: Channel, files: UbloxFiles, { timeouts }: UbloxTraits) {
    this.#channel = channel;
    this.#files = files;
    this.#timeouts = timeouts;
  }

  /** Nothing in an answer shows whether a line or a letter of it was lost on the way. */
  list(options: Cancellable = {}): Promise<StoredCertificate[]> {
    return agreed(() => this.#listOnce(options), isDeepStrictEqual, "Listing the certificates");
  }

  async #listOnce({ signal }: Cancellable = {}): Promise<StoredCertificate[]> {
    const expects = [{ prefix: "bare", accepts: isListLine }];
    const listing = query("+USECMNG=", [OP.list], { expects, signal });
    const { lines } = await this.#channel.send(listing);
    return lines.flatMap((line) => parseListLine(line) ?? []);
  }

  /** @throws {ModemError} `MODEM_REJECTED` when there is none of that name */
  hash(kind: CertificateKind, name: string, options: Cancellable = {}): Promise<CertificateHash> {
    return agreed(() => this.#hashOnce(kind, name, options), isDeepStrictEqual, `The MD5 of ${kind} ${name}`);
  }

  /** Enough where it is compared with one that is known. */
  async #hashOnce(kind: CertificateKind, name: string, { signal }: Cancellable = {}): Promise<CertificateHash> {
    const question = query("+USECMNG=", [OP.hash, typeOf(kind), quoteName(name)], { signal });
    const md5 = await this.#md5(question);
    if (md5 !== "") return { kind, name, md5 };
    throw new ModemError("MODEM_REJECTED", `The modem did not tell the MD5 of ${kind} ${name}`);
  }

  /** @throws {ModemError} `MODEM_REJECTED` when there is none of that name */
  async remove(kind: CertificateKind, name: string, { signal }: Cancellable = {}): Promise<void> {
    const removal = command("+USECMNG=", [OP.remove, typeOf(kind), quoteName(name)], { signal });
    await this.#turn.withItem(() => this.#channel.send(removal), { signal });
  }

  /**
   * Imports under a name of the caller's, in place of what has it; does not send what is there already.
   *
   * @throws {ModemError} `INVALID_INPUT`, also for what `parseCertificate` refuses; `MODEM_REJECTED`
   */
  async import(
    kind: CertificateKind,
    name: string,
    source: CertificateSource,
    { signal }: Cancellable = {},
  ): Promise<CertificateHash> {
    quoteName(name);
    const isFile = "file" in source;
    const file = isFile ? { file: quote(source.file, { field: "file", max: MAX.file }) } : undefined;
    const content = isFile ? await this.#read(source.file, signal) : source.content;
    const field = isFile ? "file" : "payload";
    const certificate = parseCertificate(kind, content, { field, password: source.password });
    const password = passwordFor(certificate, source.password);
    const request = { certificate, name, password, source: file ?? uploadOf(certificate), signal };
    return this.#turn.withItem(async () => {
      const there = await unlessRejected(this.#hashOnce(kind, name, { signal }));
      if (there !== undefined && certificate.md5s.includes(there.md5)) return there;
      return await this.#replace(request, there !== undefined);
    }, request);
  }

  /**
   * Brings a certificate or key onto the modem, under a name made from its content, unless the modem has it under
   * any name.
   *
   * @throws {ModemError} `INVALID_INPUT` for what is too large for the modem; `MODEM_REJECTED`
   */
  async ensure(
    certificate: Certificate,
    { password, signal }: Cancellable & { readonly password?: string } = {},
  ): Promise<CertificateHash & { readonly sent: boolean }> {
    const request: Import = {
      certificate,
      name: ownName(certificate),
      password: passwordFor(certificate, password),
      source: uploadOf(certificate),
      signal,
    };
    return this.#turn.withItem(
      async () => {
        const ensured = await this.#ensure(request);
        this.#used.add(idOf(ensured));
        return ensured;
      },
      { signal },
    );
  }

  dispose(error: Error): void {
    this.#turn.close(error);
  }

  async #ensure(request: Import): Promise<CertificateHash & { readonly sent: boolean }> {
    const { certificate, name, signal } = request;
    const own = await unlessRejected(this.#hashOnce(certificate.kind, name, { signal }));
    if (own !== undefined && isContentOf(own.md5, certificate)) {
      return { ...own, md5: await this.#told(own.md5, certificate, request), sent: false };
    }
    const other = own === undefined ? await this.#findOther(request) : undefined;
    if (other !== undefined) return { ...other, sent: false };
    return { ...(await this.#replace(request, own !== undefined)), sent: true };
  }

  /** The same content under another name, or under its own where the firmware tells no hashes. */
  async #findOther({ certificate, name, signal }: Import): Promise<CertificateHash | undefined> {
    const { kind, md5s } = certificate;
    const stored = (await unlessRejected(this.#listOnce({ signal }))) ?? [];
    for (const entry of stored.filter((candidate) => candidate.kind === kind)) {
      if (entry.name === name) return { kind, name, md5: md5s[0] ?? "" };
      const hash = await unlessRejected(this.#hashOnce(kind, entry.name, { signal }));
      if (hash !== undefined && md5s.includes(hash.md5)) return hash;
    }
    return undefined;
  }

  async #replace(request: Import, exists: boolean): Promise<CertificateHash> {
    const { certificate, name } = request;
    // Whether the modem takes a second import of the same name differs by firmware.
    if (exists) await this.#discard(certificate.kind, name);
    const md5 = "file" in request.source ? await this.#importOnce(request) : await this.#importChecked(request);
    return { kind: certificate.kind, name, md5: await this.#told(md5, certificate, request) };
  }

  /** The hash to be told of content that is known. One in the modem's own form of a key is read again to be sure of it. */
  async #told(md5: string, { kind, md5s }: Certificate, { name, signal }: Import): Promise<string> {
    if (md5s.includes(md5)) return md5;
    const again = isWhole(md5) ? await unlessRejected(this.hash(kind, name, { signal })) : undefined;
    return again?.md5 ?? md5s[0] ?? "";
  }

  /** Compares what the modem has got with what was meant; bytes may be lost on the line. */
  async #importChecked(request: Import): Promise<string> {
    const { certificate, name } = request;
    const hashes: string[] = [];
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const md5 = await this.#importOnce(request);
      // What two damaged transfers leave behind is not twice the same: this is the modem's own form of a key.
      const isOwnForm = certificate.kind === "key" && hashes.includes(md5);
      if (isOwnForm || certificate.encrypted || isHashOf(md5, certificate)) return md5;
      hashes.push(md5);
      await this.#discard(certificate.kind, name);
    }
    throw new ModemError(
      "MODEM_REJECTED",
      `Importing ${certificate.kind} ${name}: the modem got something else than was sent, ${TRIES} times. Check cable, baud rate and flow control.`,
      { errorText: `MD5 ${hashes.join(", ")} instead of ${certificate.md5s.join(" or ")}` },
    );
  }

  /** A full store is the usual reason for a refusal, and what earlier versions of profiles left behind fills it. */
  async #importOnce(request: Import): Promise<string> {
    const attempt = importCommand(request, this.#timeouts.certificate, this.#channel.bytesPerSecond);
    try {
      return await this.#md5(attempt);
    } catch (error) {
      const isRefusal = isModemError(error, "MODEM_REJECTED") && !/format/i.test(error.cause?.errorText ?? "");
      if (!isRefusal || !(await this.#makeRoom())) throw error;
      return await this.#md5(attempt);
    }
  }

  /** Removes what the driver brought in earlier sessions and no profile of this one uses; whether there was any. */
  async #makeRoom(): Promise<boolean> {
    const stored = (await unlessRejected(this.#listOnce())) ?? [];
    const unused = stored.filter((entry) => isOwnName(entry.name) && !this.#used.has(idOf(entry)));
    for (const { kind, name } of unused) await this.#discard(kind, name);
    return unused.length > 0;
  }

  async #discard(kind: CertificateKind, name: string): Promise<void> {
    await unlessRejected(this.#channel.send(command("+USECMNG=", [OP.remove, typeOf(kind), quoteName(name)])));
  }

  /** Lower case; empty where the answer has none. */
  async #md5(question: Command): Promise<string> {
    const [fields] = await ask(this.#channel, question);
    return fields?.[HASH_FIELD]?.text.toLowerCase() ?? "";
  }

  async #read(file: string, signal: AbortSignal | undefined): Promise<Buffer> {
    const size = await this.#files.size(file, { signal });
    if (size > MAX.size) throw tooLarge("file", size);
    return this.#files.read(file, { signal, confidential: true });
  }
}

function importCommand(
  { certificate, name, password, source, signal }: Import,
  base: number,
  bytesPerSecond?: number,
): Command {
  const what = [typeOf(certificate.kind), quoteName(name)];
  const secret = password === undefined ? [] : [password];
  if ("file" in source) {
    const parameters = [OP.file, ...what, source.file, ...secret];
    return query("+USECMNG=", parameters, { timeout: base, signal });
  }
  const { content } = source;
  return query("+USECMNG=", [OP.stream, ...what, content.length, ...secret], {
    timeout: base + transferTime(content.length, bytesPerSecond),
    upload: { prompt: ">", data: content },
    signal,
  });
}

/** PEM, as the guide's example has it (3.3). */
function uploadOf({ kind, pem }: Certificate): { content: Buffer } {
  const content = Buffer.from(pem, "latin1");
  if (content.length > MAX.size) throw tooLarge(kind, content.length);
  return { content };
}

function tooLarge(field: string, size: number): ModemError {
  return new ModemError("INVALID_INPUT", `${field} is too large: ${size} bytes, at most ${MAX.size}`);
}

function typeOf(kind: CertificateKind): number {
  const type = CERTIFICATE_KINDS.indexOf(kind);
  if (type < 0) throw new ModemError("INVALID_INPUT", `kind must be one of ${CERTIFICATE_KINDS.join(", ")}`);
  return type;
}

function quoteName(name: string): Field {
  if (name === "") throw new ModemError("INVALID_INPUT", "certificateName is empty");
  return quote(name, { field: "certificateName", max: MAX.name });
}

function passwordFor({ encrypted }: Certificate, password: string | undefined): Field | undefined {
  if (!encrypted || password === undefined) return undefined;
  return quote(password, { field: "keyPassword", max: MAX.password, secret: true });
}

function idOf({ kind, name }: { readonly kind: CertificateKind; readonly name: string }): string {
  return `${kind} ${name}`;
}

/** Whether the hash says so, or is none: the guide prints some that are cut short. */
function isHashOf(md5: string, { md5s }: Certificate): boolean {
  return md5s.includes(md5) || !isWhole(md5);
}

function isWhole(md5: string): boolean {
  return /^[0-9a-f]{32}$/.test(md5);
}

/** Of a name made from the content: a key, which the modem may keep in a form of its own, is known by the name alone. */
function isContentOf(md5: string, certificate: Certificate): boolean {
  return certificate.kind === "key" || isHashOf(md5, certificate);
}
