import { type Field, quote } from "../../at/fields";

/** The last parameters of a +UHTTPC with a body: a number, and for 6 the type in words. */
export interface ContentType {
  readonly number: number;
  readonly own?: Field;
}

/**
 * Types that have a number (guide 10.1, 10.2).
 *
 * 3, multipart/form-data, is left out: with it the modem wraps the file once more, by a boundary of its own. A body
 * that the flow's author has put together goes as type 6 with the author's boundary.
 */
const NUMBERS: ReadonlyMap<string, number> = new Map([
  ["application/x-www-form-urlencoded", 0],
  ["text/plain", 1],
  ["application/octet-stream", 2],
  ["application/json", 4],
  ["application/xml", 5],
]);
const OWN = 6;
const MAX_OWN = 64;

/** RFC 9110 section 8.3 lets the receiver take a body of no type for a stream of octets. */
const DEFAULT = "application/octet-stream";

function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && " \t".includes(text.charAt(start))) start += 1;
  while (end > start && " \t".includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** @throws {ModemError} `INVALID_INPUT` for a type that the command can't carry */
export function contentTypeOf(type = ""): ContentType {
  // Blanks may go; a line end has to be seen, and refused, by what quotes.
  const wanted = withoutBlanks(type) || DEFAULT;
  const number = NUMBERS.get(wanted.toLowerCase());
  if (number !== undefined) return { number };
  return { number: OWN, own: quote(wanted, { field: "contentType", max: MAX_OWN }) };
}
