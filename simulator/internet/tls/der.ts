/** One element of DER with a tag of one byte (X.690 8.1). */
export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag and length included. */
  readonly whole: Buffer;
}

const LONG_FORM = 0x80;

/** The elements in `bytes`; undefined if they don't fill it exactly. */
export function readDer(bytes: Buffer): DerElement[] | undefined {
  const elements: DerElement[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const element = firstElement(rest);
    if (element === undefined) return undefined;
    elements.push(element);
    rest = rest.subarray(element.whole.length);
  }
  return elements;
}

export function writeDer(tag: number, content: Buffer): Buffer {
  if (content.length < LONG_FORM) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const digits = content.length.toString(16);
  const length = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
  return Buffer.concat([Buffer.from([tag, LONG_FORM | length.length]), length, content]);
}

/** Undefined when `bytes` don't begin with a whole element. */
export function firstElement(bytes: Buffer): DerElement | undefined {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) return undefined;
  const lengthBytes = first < LONG_FORM ? 0 : first & ~LONG_FORM;
  const start = 2 + lengthBytes;
  // Four length bytes exceed any buffer; the indefinite form (0x80) is not DER.
  if (lengthBytes > 4 || first === LONG_FORM || bytes.length < start) return undefined;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  if (bytes.length < start + length) return undefined;
  return { tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(0, start + length) };
}
