import type { Comment } from "./comments";

export type Vendor = "ublox" | "quectel";

export interface Citation {
  readonly comment: Comment;
  /** As written, without plural: `guide`, `AT facts`, `TCP/IP manual`, `27.007`, `RFC 9110`. */
  readonly source: string;
  /** undefined where neither the comment nor the folder says it. */
  readonly vendor: Vendor | undefined;
  readonly sections: readonly string[];
}

const UNIT = "(?:ms|s|min|bytes?|bits?|characters?|kB|baud|times)";
/** At most 99.99.99.99, and no quantity such as `5 ms`. */
const NUMBER = String.raw`\d{1,2}(?:\.\d{1,2}){0,3}(?![\w%–]|\.\d|\s${UNIT}\b)`;
const AND = String.raw`(?:\s*,\s*(?:and\s+)?|\s+(?:and|to|or)\s+|\s*[–-]\s*)`;
const DOTTED = String.raw`\d{1,2}(?:\.\d{1,2})+(?![\w.]*\d)`;
/** Behind a comma a number without a dot may be anything, unless the list goes on or ends there. */
const CLOSED = String.raw`${NUMBER}(?=\s*(?:[,;:.)]|$|and\b|to\b|or\b))`;
const ANOTHER = `${AND}(?:${DOTTED}|${CLOSED})`;
const LIST = `${NUMBER}(?:\\s+step\\s+\\d+)?(?:${ANOTHER})*`;
/** What may stand between a source's name and its sections. */
const LINK = String.raw`(?:'s)?,?\s+(?:(?:chapters?|sections?)\s+|§\s*)?`;

const VENDORS = "u-blox|LARA-R6|Quectel|BG96";
const GUIDE = new RegExp(
  String.raw`\b(?:(${VENDORS}|application)(?:'s)?\s+)?(?:HTTP\s+)?guides?\b(?:\s+([AB])\b)?(?:${LINK}(${LIST}))?`,
  "gi",
);
const HTTP_MANUAL = new RegExp(String.raw`\bHTTP(?:\(S\))? manual\b(?:${LINK}(${LIST}))?`, "g");
const PARTS_OF_A_GUIDE = new RegExp(
  String.raw`\b(?:chapters?|sections?)\s+(${LIST})\s+of\s+the\s+(?:(${VENDORS}|application)\s+)?guide\b`,
  "gi",
);
/** `(3.4.4.1)`, somewhere behind the mention of a guide. */
const IN_PARENTHESES = new RegExp(String.raw`\((${LIST})\)`, "g");
const AT_FACTS = new RegExp(String.raw`\bAT[ -]facts(?:-(ublox|quectel))?\b(?:${LINK}(${LIST}))?`, "gi");
const SISTERS = String.raw`\sof\s(?:the\s)?(sister\smodules?|[A-Z]+-R\d+)`;
const MANUAL = new RegExp(
  String.raw`\b([A-Z]{2}[\w/()-]*(?:\scommands)?)\s(manual|application\snote|note)s?\b(?:${SISTERS})?`,
  "g",
);
const BARE_MANUAL = new RegExp(String.raw`\b(?:the|its|this)\s(manual|note)s?${LINK}(${LIST})`, "gi");
/** Names that stand for themselves. */
const NAMES = [
  /\bRFCs? ?(?<rfc>\d+)/g,
  /\bTS (?<name>\d{2}\.\d{3}|\d{3} \d{3})\b/g,
  /(?<![\d.]|TS )\b(?<name>(?:2[1-9]|3[1-8])\.\d{3})\b(?!\.)/g,
  /\b(?<name>[VX]\.\d{2,4})\b/g,
  /\b(?<name>PKCS ?#\d+|SEC 1|ISO \d{4}(?:-\d+)?|IEEE [\d.]+|FIPS \d+|WHATWG|IANA)\b/g,
  /\b(?<name>R[456][A-Z]{2,4}|R10WEB|LIVE|LOG|SFE|ubxlib|development note|sister modules?)\b/g,
];

/** What a comment cites, in no particular order. */
export function citationsIn(comment: Comment): Citation[] {
  return [...ofGuides(comment), ...ofFacts(comment), ...ofManuals(comment), ...ofNames(comment)];
}

/** A guide that is mentioned without a section cites nothing in particular. */
function ofGuides(comment: Comment): Citation[] {
  const { text } = comment;
  const found: Citation[] = [];
  const add = (index: number, list: string | undefined, owner: string | undefined) => {
    const vendor = vendorOf(owner) ?? vendorAt(comment, index);
    if (list !== undefined) found.push({ comment, source: "guide", sections: sections(list), vendor });
  };
  for (const { index, 1: owner, 2: letter, 3: list } of text.matchAll(GUIDE)) add(index, list, letter ?? owner);
  for (const { index, 1: list } of text.matchAll(HTTP_MANUAL)) add(index, list, "Quectel");
  for (const { index, 1: list, 2: owner } of text.matchAll(PARTS_OF_A_GUIDE)) add(index, list, owner);
  const mention = text.search(GUIDE);
  for (const { index, 1: list } of text.matchAll(IN_PARENTHESES))
    if (mention !== -1 && index > mention && list?.includes(".")) add(index, list, undefined);
  return found;
}

function ofFacts(comment: Comment): Citation[] {
  return [...comment.text.matchAll(AT_FACTS)].map(({ index, 1: owner, 2: list }) => ({
    comment,
    source: "AT facts",
    vendor: vendorOf(owner) ?? vendorAt(comment, index),
    sections: sections(list),
  }));
}

function ofManuals(comment: Comment): Citation[] {
  const named = [...comment.text.matchAll(MANUAL)].map(({ index, 1: about, 2: kind, 3: of }) => ({
    comment,
    source: of ?? `${about} ${kind}`,
    vendor: vendorAt(comment, index),
    sections: [],
  }));
  const bare = [...comment.text.matchAll(BARE_MANUAL)].map(({ index, 1: kind = "", 2: list }) => ({
    comment,
    source: kind,
    vendor: vendorAt(comment, index),
    sections: sections(list),
  }));
  return [...named.filter(({ source }) => source !== "HTTP manual"), ...bare];
}

function ofNames(comment: Comment): Citation[] {
  return NAMES.flatMap((pattern) =>
    [...comment.text.matchAll(pattern)].map(({ index, groups }) => ({
      comment,
      source: groups?.rfc === undefined ? (groups?.name ?? "") : `RFC ${groups.rfc}`,
      vendor: vendorAt(comment, index),
      sections: [],
    })),
  );
}

function sections(list: string | undefined): string[] {
  return list?.replace(/step\s+\d+/, "").match(/\d+(?:\.\d+)*/g) ?? [];
}

function vendorOf(owner: string | undefined): Vendor | undefined {
  if (owner === undefined) return undefined;
  if (/^(?:A|u-?blox|LARA-R6|application)$/i.test(owner)) return "ublox";
  return /^(?:B|quectel|BG96)$/i.test(owner) ? "quectel" : undefined;
}

/** Whose folder or file it is; else who is named last before, else after. */
function vendorAt({ file, text }: Comment, index: number): Vendor | undefined {
  if (/\/ublox\/|lara-r6/.test(file)) return "ublox";
  if (/\/quectel\/|bg96/.test(file)) return "quectel";
  const names = [...text.matchAll(new RegExp(VENDORS, "g"))];
  return vendorOf((names.findLast((name) => name.index < index) ?? names[0])?.[0]);
}
