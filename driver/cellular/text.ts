const UCS2 = /^(?:[0-9A-Fa-f]{4})+$/;
/** Control characters, halves of pairs, and what stands for no character. */
const UNREADABLE = /[\p{Cc}\p{Cs}\p{Cn}\p{Co}]/u;
/** What fewer digits mean is certain only where they begin so: a name may be a number. */
const CERTAIN_LENGTH = 8;

/**
 * A text of the modem's as people read it: hexadecimal digits where its character set is UCS2 (27.007 5.5), which
 * another program may have chosen.
 */
export function decodeText(text: string): string {
  const decoded = decodeUcs2(text);
  const isCertain = text.length >= CERTAIN_LENGTH || text.startsWith("00");
  return decoded !== undefined && isCertain ? decoded : text;
}

/** The same for what is ASCII by its nature, such as an APN, which may well be a number. */
export function decodeAscii(text: string): string {
  const decoded = decodeUcs2(text) ?? "";
  return /^[\x20-\x7e]+$/.test(decoded) ? decoded : text;
}

function decodeUcs2(text: string): string | undefined {
  if (!UCS2.test(text)) return undefined;
  const decoded = Buffer.from(text, "hex").swap16().toString("utf16le");
  return UNREADABLE.test(decoded) ? undefined : decoded;
}
