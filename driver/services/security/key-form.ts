/**
 * What a key in DER is, read without OpenSSL (RFC 5208, 5958, 8018). Opening one may be made to take hours, for
 * which the whole process would stand still: by a key derivation of as many rounds as its maker likes, or by a key of
 * a type whose public half has to be reckoned from numbers of any length.
 */

/** Rounds of a key derivation, about a tenth of a second; OpenSSL's own are 2048, and a modem does them as well. */
const MOST_ROUNDS = 100_000;
/** The product of scrypt's three parameters; OpenSSL's own is half of it (RFC 7914 2). */
const MOST_SCRYPT = 2 ** 18;

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const OID = 0x06;

const PBES2 = "2a864886f70d01050d";
const PBKDF2 = "2a864886f70d01050c";
const SCRYPT = "2b06010401da47040b";
/** PBES1, and that of PKCS #12: both have salt and rounds. */
const PBES1 = /^2a864886f70d01(?:05|0c01)[0-9a-f]{2}$/;

/** Types of keys that are read without reckoning; those of which modems take none are told by their name later. */
const CHEAP = new Set([
  "2a864886f70d010101", // RSA
  "2a864886f70d01010a", // RSA-PSS
  "2a8648ce3d0201", // EC
  "2b656e", // X25519, X448, Ed25519, Ed448
  "2b656f",
  "2b6570",
  "2b6571",
]);

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

export type KeyForm = "pkcs8" | "encrypted" | "pkcs1" | "sec1" | "spki" | "public pkcs1";

/** By their first elements. Only what it is gets tried: OpenSSL takes any of them for a try at the others, too. */
const FORMS: readonly (readonly [form: KeyForm, begins: RegExp])[] = [
  ["pkcs8", /^2,48\b/],
  ["encrypted", /^48,4$/],
  ["spki", /^48,3$/],
  ["sec1", /^2,4\b/],
  ["public pkcs1", /^2,2$/],
  ["pkcs1", /^2,2\b/],
];

/** How the key is coded; undefined for what is none, or not in DER. */
export function keyForm(der: Buffer): KeyForm | undefined {
  const tags = inside(elements(der, 1)[0], 3).map(({ tag }) => tag);
  return FORMS.find(([, begins]) => begins.test(tags.join(",")))?.[0];
}

/** @throws {Error} in words, for a plain PKCS #8 key of a type that it may take long to read */
export function checkType(der: Buffer): void {
  const [, algorithm] = inside(elements(der, 1)[0], 2);
  const [oid] = inside(algorithm, 1);
  if (oid?.tag !== OID || !CHEAP.has(oid.content.toString("hex"))) {
    throw new Error("has a key of another type; modems take RSA and EC keys");
  }
}

/** @throws {Error} in words, for an encrypted PKCS #8 key that it would take too long to open */
export function checkDerivation(der: Buffer): void {
  const [scheme] = inside(elements(der, 1)[0], 1);
  const [oid, parameters] = inside(scheme, 2);
  const name = oid?.content.toString("hex") ?? "";
  if (name === PBES2) checkFunction(inside(parameters, 1)[0]);
  else if (PBES1.test(name)) checkCost(inside(parameters, 2).slice(1), MOST_ROUNDS);
  else throw unknown();
}

function checkFunction(derivation: Element | undefined): void {
  const [oid, parameters] = inside(derivation, 2);
  const [, ...costs] = inside(parameters, 4);
  const name = oid?.content.toString("hex");
  if (name === PBKDF2) checkCost(costs.slice(0, 1), MOST_ROUNDS);
  else if (name === SCRYPT) checkCost(costs, MOST_SCRYPT);
  else throw unknown();
}

function checkCost(factors: readonly Element[], most: number): void {
  const cost = factors.reduce((product, factor) => product * number(factor), 1);
  if (!(cost <= most)) throw tooSlow();
}

function unknown(): Error {
  return new Error("is encrypted in a way that is not known");
}

function tooSlow(): Error {
  return new Error(
    `takes too long to open: it is encrypted with more than ${MOST_ROUNDS} rounds. Encrypt it anew: openssl pkcs8 -topk8 -v2 aes256 -iter 10000`,
  );
}

/** NaN for what is none. */
function number({ tag, content }: Element): number {
  return tag === INTEGER ? Number.parseInt(content.toString("hex"), 16) : Number.NaN;
}

function inside(element: Element | undefined, most: number): Element[] {
  return element?.tag === SEQUENCE ? elements(element.content, most) : [];
}

/** The first elements; fewer where they are not whole. */
function elements(bytes: Buffer, most: number): Element[] {
  const found: Element[] = [];
  for (let rest = bytes; found.length < most && rest.length >= 2; ) {
    const [tag = 0, short = 0] = rest;
    const more = short < 0x80 ? 0 : short - 0x80;
    // X.690 10.1: DER has no indefinite length.
    if (short === 0x80 || more > 3 || rest.length < 2 + more) break;
    const start = 2 + more;
    const length = more === 0 ? short : rest.readUIntBE(2, more);
    if (start + length > rest.length) break;
    found.push({ tag, content: rest.subarray(start, start + length) });
    rest = rest.subarray(start + length);
  }
  return found;
}
