/** A PEM block (RFC 7468): what is between BEGIN and END. */
export interface PemBlock {
  /** `CERTIFICATE`, `EC PRIVATE KEY`, … */
  readonly label: string;
  /** Those of the old encrypted form (RFC 1421): without them it can't be opened. Others are left out. */
  readonly headers: readonly string[];
  readonly der: Buffer;
}

/** A modem that loses its prompt takes the rest of an upload for commands: nothing free gets there. */
const HEADER = /^(?:Proc-Type: *4 *, *ENCRYPTED|DEK-Info: *[A-Z0-9-]+ *, *[0-9A-F]+)$/i;
const BEGIN = "-----BEGIN ";
const DASHES = "-----";
const WIDTH = 64;

/**
 * The blocks of a text, without the text around them.
 *
 * @throws {Error} in words, for a block that doesn't end or is no Base64; nothing of its content is in them
 */
export function readPem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let at = text.indexOf(BEGIN); at >= 0; ) {
    const labelEnd = text.indexOf(DASHES, at + BEGIN.length);
    const label = text.slice(at + BEGIN.length, labelEnd);
    if (labelEnd < 0 || !/^[A-Z0-9][A-Z0-9 ]{0,40}$/.test(label)) throw new Error("has a damaged BEGIN line");
    const ending = `-----END ${label}-----`;
    const end = text.indexOf(ending, labelEnd);
    if (end < 0) throw new Error(`has no END line for its ${label}`);
    blocks.push({ label, ...readBody(label, text.slice(labelEnd + DASHES.length, end)) });
    at = text.indexOf(BEGIN, end + ending.length);
  }
  return blocks;
}

/** The block with lines of 64 characters that end with LF, whatever they were before. */
export function writePem({ label, headers, der }: PemBlock): string {
  const base64 = der.toString("base64");
  const lines = base64.match(new RegExp(`.{1,${WIDTH}}`, "g")) ?? [];
  const head = headers.length === 0 ? [] : [...headers, ""];
  return [`${BEGIN}${label}${DASHES}`, ...head, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function readBody(label: string, body: string): Pick<PemBlock, "headers" | "der"> {
  const lines = body.split(/\r\n?|\n/).map((line) => line.trim());
  const headers = lines.filter((line) => HEADER.test(line));
  const base64 = lines.filter((line) => !line.includes(":")).join("");
  if (base64 === "" || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw new Error(`has a ${label} that is no Base64`);
  return { headers, der: Buffer.from(base64, "base64") };
}
