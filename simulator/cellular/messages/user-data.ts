import { pack, septetsOf, textOf, unpack } from "./alphabet";

/** The text of a short message as it goes over the air (3GPP TS 23.040 9.2.3.24). */
export interface UserData {
  /** TP-DCS (23.038 4): 0 seven bits, 4 bytes, 8 UCS2. */
  readonly coding: number;
  /** It begins with a header (TP-UDHI). */
  readonly header: boolean;
  /** Septets, or bytes. */
  readonly length: number;
  /** In hexadecimal digits. */
  readonly bytes: string;
}

const SEVEN_BITS = 0;
const EIGHT_BITS = 4;
const UCS2 = 8;
const MOST_SEPTETS = 160;
const MOST_BYTES = 140;

/** Bits 2 and 3 of a general data coding. */
export function alphabetOf(coding: number): number {
  return (coding & 0xc0) === 0 ? coding & 0x0c : SEVEN_BITS;
}

/** A text as one message or, if it is too long, as several; in seven bits if all of its characters exist there. */
export function userDataOf(text: string): UserData[] {
  const septets = septetsOf(text);
  if (septets !== undefined) {
    return portions(septets, MOST_SEPTETS).map((portion) => {
      const bytes = pack(portion).toString("hex").toUpperCase();
      return { coding: SEVEN_BITS, header: false, length: portion.length, bytes };
    });
  }
  const bytes = Buffer.from(text, "utf16le").swap16();
  return portions([...bytes], MOST_BYTES).map((portion) => {
    return {
      coding: UCS2,
      header: false,
      length: portion.length,
      bytes: Buffer.from(portion).toString("hex").toUpperCase(),
    };
  });
}

function portions(all: readonly number[], most: number): number[][] {
  if (all.length === 0) return [[]];
  return Array.from({ length: Math.ceil(all.length / most) }, (_, index) =>
    all.slice(index * most, (index + 1) * most),
  );
}

/** Octets that a length stands for. */
export function octetsOf(coding: number, length: number): number {
  return alphabetOf(coding) === SEVEN_BITS ? Math.ceil((length * 7) / 8) : length;
}

/** The text without the header; undefined for bytes that are no text. */
export function readText({ coding, header, length, bytes }: UserData): string | undefined {
  const all = Buffer.from(bytes, "hex");
  const skipped = header ? (all[0] ?? 0) + 1 : 0;
  const alphabet = alphabetOf(coding);
  if (alphabet === SEVEN_BITS) {
    const gone = Math.ceil((skipped * 8) / 7);
    return textOf(unpack(all, length, 0).slice(gone));
  }
  const rest = all.subarray(skipped);
  if (alphabet === EIGHT_BITS) return undefined;
  return Buffer.from(rest.subarray(0, rest.length - (rest.length % 2)))
    .swap16()
    .toString("utf16le");
}

/** The bytes behind the header. */
export function payloadOf({ header, bytes }: UserData): Buffer {
  const all = Buffer.from(bytes, "hex");
  return header ? all.subarray((all[0] ?? 0) + 1) : all;
}
