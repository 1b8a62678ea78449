import type { X509Certificate } from "node:crypto";
import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import {
  certificateNotFound,
  certificateTimeout,
  certificateTooLarge,
  fileNotFound,
  incorrectParameters,
  invalidCertificate,
} from "../errors";
import { fileName } from "../files/files";
import { CERTIFICATE_TYPES, type CertificateType } from "./certificate-format";
import { certificateStore } from "./certificate-store";

export const LONGEST_CERTIFICATE_NAME = 200;
export const LONGEST_KEY_PASSWORD = 128;
/** bytes */
const LARGEST = 8192;
/** Bounds each pause in a transfer. */
const TRANSFER_TIMEOUT_MS = 20_000;

/** +USECMNG: certificates and private keys (guide 3.1). */
export const certificateCommands: readonly CommandDefinition[] = [
  { name: "+USECMNG", set: manage, test: (call) => call.info("+USECMNG: (0-4),(0-5)") },
];

const IMPORT_STREAM = 0;
const IMPORT_FILE = 1;
const REMOVE = 2;
const LIST = 3;
const HASH = 4;

function manage(call: Call, modem: Modem): void | Promise<void> {
  const operation = integerAt(call, 0, IMPORT_STREAM, HASH);
  switch (operation) {
    case IMPORT_STREAM:
      return importStream(call, modem);
    case IMPORT_FILE:
      return importFile(call, modem);
    case REMOVE:
      return remove(call, modem);
    case LIST:
      return list(call, modem);
    default:
      return printHash(call, modem);
  }
}

async function importStream(call: Call, modem: Modem): Promise<void> {
  expectCount(call, 4, 5);
  const subject = subjectOf(call);
  const size = integerAt(call, 3, 1, Number.MAX_SAFE_INTEGER);
  if (size > LARGEST) throw certificateTooLarge();
  const password = passwordOf(call);
  const content = await call.prompt(">", size, TRANSFER_TIMEOUT_MS, { idleTimeout: true });
  if (content.length < size) throw certificateTimeout();
  store(call, modem, subject, content, password);
}

function importFile(call: Call, modem: Modem): void {
  expectCount(call, 4, 5);
  const subject = subjectOf(call);
  const name = fileName(call, 3);
  const password = passwordOf(call);
  const content = modem.storage.files.read(name);
  if (content === undefined) throw fileNotFound();
  if (content.length > LARGEST) throw certificateTooLarge();
  store(call, modem, subject, content, password);
}

interface Subject {
  readonly type: CertificateType;
  readonly name: string;
}

function subjectOf(call: Call): Subject {
  const type = CERTIFICATE_TYPES[integerAt(call, 1, 0, CERTIFICATE_TYPES.length - 1)];
  const name = stringAt(call, 2, LONGEST_CERTIFICATE_NAME);
  if (type === undefined || name === "") throw incorrectParameters();
  return { type, name };
}

function passwordOf(call: Call): string | undefined {
  return call.arguments.length > 4 ? stringAt(call, 4, LONGEST_KEY_PASSWORD) : undefined;
}

function store(call: Call, modem: Modem, subject: Subject, content: Buffer, password: string | undefined): void {
  try {
    certificateStore(modem).import(subject.type, subject.name, content, password);
  } catch {
    throw invalidCertificate();
  }
  tellHash(call, modem, subject);
}

/** The first field is the requested operation; the different one in guide 3.3 is a misprint. */
function tellHash(call: Call, modem: Modem, { type, name }: Subject): void {
  const md5 = certificateStore(modem).md5(type, name);
  if (md5 === undefined) throw certificateNotFound();
  const operation = call.arguments[0]?.text ?? "";
  call.info(`+USECMNG: ${operation},${CERTIFICATE_TYPES.indexOf(type)},"${name}","${md5}"`);
}

function remove(call: Call, modem: Modem): void {
  expectCount(call, 3, 3);
  const { type, name } = subjectOf(call);
  if (!certificateStore(modem).remove(type, name)) throw certificateNotFound();
}

function printHash(call: Call, modem: Modem): void {
  expectCount(call, 3, 3);
  tellHash(call, modem, subjectOf(call));
}

/** Lines without a prefix; keys have neither common name nor date (guide 3.1). */
function list(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  for (const { type, name, certificate } of certificateStore(modem).list()) {
    if (certificate === undefined) call.info(`${type},"${name}"`);
    else call.info(`${type},"${name}","`, commonName(certificate), `","${expiry(certificate)}"`);
  }
}

/** In UTF-8, without characters that would end the string or the line: a certificate may hold anything. */
function commonName(certificate: X509Certificate): Buffer {
  const { CN } = certificate.toLegacyObject().subject as { CN?: string | string[] };
  const name = Array.isArray(CN) ? (CN.at(-1) ?? "") : (CN ?? "");
  return Buffer.from(name.replace(/["\p{Cc}]/gu, ""), "utf8");
}

/** `yyyy/MM/dd hh:mm:ss`, UTC. */
function expiry({ validTo }: X509Certificate): string {
  return new Date(validTo).toISOString().slice(0, 19).replaceAll("-", "/").replace("T", " ");
}
