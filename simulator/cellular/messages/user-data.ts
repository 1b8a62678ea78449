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
  const characters = [...text];
  if (septetsOf(text) !== undefined) {
    const septets = characters.map((character) => septetsOf(character) ?? []);
    return portions(septets, MOST_SEPTETS).map((portion) => userData(SEVEN_BITS, portion.length, pack(portion)));
  }
  const bytes = characters.map((character) => [...Buffer.from(character, "utf16le").swap16()]);
  return portions(bytes, MOST_BYTES).map((portion) => userData(UCS2, portion.length, Buffer.from(portion)));
}

function userData(coding: number, length: number, bytes: Buffer): UserData {
  return { coding, header: false, length, bytes: bytes.toString("hex").toUpperCase() };
}

/** As many characters together as fit; none is cut (23.040 9.2.3.24.1: nor an escape from what it escapes). */
function portions(characters: readonly (readonly number[])[], most: number): number[][] {
  let last: number[] = [];
  const all = [last];
  for (const character of characters) {
    if (last.length + character.length > most) {
      last = [];
      all.push(last);
    }
    last.push(...character);
  }
  return all;
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
