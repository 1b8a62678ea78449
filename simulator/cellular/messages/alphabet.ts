/** GSM 7-bit default alphabet (3GPP TS 23.038 6.2.1) by code; 0x1b leads to the extension. */
const BASIC =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const ESCAPE = 0x1b;
const EXTENDED: ReadonlyMap<string, number> = new Map([
  ["\f", 0x0a],
  ["^", 0x14],
  ["{", 0x28],
  ["}", 0x29],
  ["\\", 0x2f],
  ["[", 0x3c],
  ["~", 0x3d],
  ["]", 0x3e],
  ["|", 0x40],
  ["€", 0x65],
]);
const CODES: ReadonlyMap<string, number> = new Map([...BASIC].map((character, code) => [character, code]));
const CHARACTERS: ReadonlyMap<number, string> = new Map([...EXTENDED].map(([character, code]) => [code, character]));

/** The septets of a text; undefined if the alphabet lacks one of its characters. */
export function septetsOf(text: string): number[] | undefined {
  const septets: number[] = [];
  for (const character of text) {
    const code = CODES.get(character);
    const extended = EXTENDED.get(character);
    if (extended !== undefined) septets.push(ESCAPE, extended);
    else if (code !== undefined && code !== ESCAPE) septets.push(code);
    else return undefined;
  }
  return septets;
}

export function textOf(septets: readonly number[]): string {
  let text = "";
  for (let index = 0; index < septets.length; index++) {
    const code = septets[index] ?? 0;
    if (code !== ESCAPE) text += BASIC[code] ?? "";
    else {
      index++;
      text += CHARACTERS.get(septets[index] ?? 0) ?? "";
    }
  }
  return text;
}

/** 8 septets in 7 bytes (3GPP TS 23.038 6.1.2.1.1), after `fill` bits. */
export function pack(septets: readonly number[], fill = 0): Buffer {
  const bytes = Buffer.alloc(Math.ceil((septets.length * 7 + fill) / 8));
  for (const [index, septet] of septets.entries()) {
    const bit = index * 7 + fill;
    const at = bit >> 3;
    const shifted = septet << (bit & 7);
    bytes[at] = (bytes[at] ?? 0) | (shifted & 0xff);
    if (at + 1 < bytes.length) bytes[at + 1] = (bytes[at + 1] ?? 0) | (shifted >> 8);
  }
  return bytes;
}

export function unpack(bytes: Buffer, count: number, fill = 0): number[] {
  return Array.from({ length: count }, (_, index) => {
    const bit = index * 7 + fill;
    const at = bit >> 3;
    const two = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    return (two >> (bit & 7)) & 0x7f;
  });
}
