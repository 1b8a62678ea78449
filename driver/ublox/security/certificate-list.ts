import type { Line } from "../../at/line";
import type { CertificateKind, StoredCertificate } from "../../services/security/security";

/** What begins the lines of a list (guide 3.1; AT manuals of the sister modems for the last three). */
const TAGS: Readonly<Record<string, CertificateKind>> = {
  CA: "ca",
  CC: "cert",
  PK: "key",
  SC: "server",
  VC: "signature-cert",
  PU: "signature-key",
};

/** Lines of +USECMNG=3 have no prefix: `CA,"name","common name","2032/10/18 08:23:32"`, of a key without the last two. */
const LINE = /^([A-Z]{2}), *"([^"]*)"(?:, *"(.*)", *"([^"]*)")?$/;
const DATE = /^(\d{4})\/(\d\d)\/(\d\d)(?: (\d\d:\d\d:\d\d))?$/;

/** Whether it is an entry, not a URC that came between two. */
export function isListLine(line: Line): boolean {
  return parseListLine(line) !== undefined;
}

export function parseListLine({ text }: Line): StoredCertificate | undefined {
  const [, tag = "", name, commonName, date] = LINE.exec(text) ?? [];
  const kind = Object.hasOwn(TAGS, tag) ? TAGS[tag] : undefined;
  if (kind === undefined || name === undefined) return undefined;
  const expires = isoDate(date ?? "");
  return {
    kind,
    name,
    ...(commonName ? { commonName: decode(commonName) } : {}),
    ...(expires === undefined ? {} : { expires }),
  };
}

function isoDate(text: string): string | undefined {
  const [, year, month, day, time] = DATE.exec(text) ?? [];
  if (year === undefined) return undefined;
  return `${year}-${month}-${day}${time === undefined ? "" : `T${time}Z`}`;
}

/** Names in certificates are UTF-8 (RFC 5280 4.1.2.4), and each byte of a line is a character. */
function decode(text: string): string {
  const bytes = Buffer.from(text, "latin1");
  const decoded = bytes.toString("utf8");
  return decoded.includes("\ufffd") ? text : decoded;
}
