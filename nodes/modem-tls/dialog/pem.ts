/** The kinds of DER files, by the tags of the first two elements in the outer sequence. */
const KINDS: readonly { readonly tags: readonly [number, number]; readonly label: string }[] = [
  { tags: [0x30, 0x30], label: "CERTIFICATE" }, // RFC 5280: to be signed, algorithm
  { tags: [0x02, 0x30], label: "PRIVATE KEY" }, // RFC 5208: version, algorithm
  { tags: [0x30, 0x04], label: "ENCRYPTED PRIVATE KEY" }, // RFC 5208: algorithm, encrypted data
  { tags: [0x02, 0x02], label: "RSA PRIVATE KEY" }, // RFC 8017: version, modulus
  { tags: [0x02, 0x04], label: "EC PRIVATE KEY" }, // RFC 5915: version, key
];
const SEQUENCE = 0x30;
/** RFC 7468 */
const LINE_LENGTH = 64;

/** The text of a PEM file, or a DER file as PEM; undefined if it is neither a certificate nor a private key. */
export function toPem(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(bytes);
  if (text.includes("-----BEGIN ")) return text.trim().replaceAll("\r\n", "\n");
  const outer = element(bytes, 0);
  const first = outer?.tag === SEQUENCE ? element(bytes, outer.content) : undefined;
  const second = first && element(bytes, first.end);
  const kind = KINDS.find(({ tags }) => tags[0] === first?.tag && tags[1] === second?.tag);
  return kind === undefined ? undefined : armour(bytes, kind.label);
}

interface Element {
  readonly tag: number;
  readonly content: number;
  readonly end: number;
}

/** ITU-T X.690 8.1: one octet of tag, then one of length, or as many length octets as its low bits say. */
function element(bytes: Uint8Array, start: number): Element | undefined {
  const tag = bytes[start];
  const short = bytes[start + 1];
  if (tag === undefined || short === undefined) return undefined;
  const octets = short < 0x80 ? 0 : short & 0x7f;
  const content = start + 2 + octets;
  const long = bytes.subarray(start + 2, content).reduce((length, octet) => length * 256 + octet, 0);
  return { tag, content, end: content + (octets === 0 ? short : long) };
}

function armour(bytes: Uint8Array, label: string): string {
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const lines = base64.match(new RegExp(`.{1,${LINE_LENGTH}}`, "g")) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join("\n");
}
