/** A body in chunks, taken apart. */
export type Chunks =
  | { readonly kind: "whole"; readonly body: Buffer }
  /** It ends before its last chunk and the trailer behind that do; `received` counts what the chunks have brought. */
  | { readonly kind: "cut"; readonly received: number }
  /** A chunk has no size, or does not end where that says. */
  | { readonly kind: "malformed"; readonly received: number }
  /** There are no chunks: the modem has removed the coding, and left the header that names it. */
  | { readonly kind: "decoded" };

const CR = 0x0d;
const LF = 0x0a;
/** Characters of a size line, extensions included. */
const LONGEST_LINE = 4_096;
const SIZE_LINE = /^([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?$/i;
/** What may be the beginning of one whose end is missing. */
const SIZE_LINE_CUT = /^[0-9a-f]{0,8}[ \t]*(?:;[^\r\n]*)?\r?$/i;
/** Short enough to have been one before a digit of it was damaged. */
const WORD = /^[0-9a-z]{1,8}[ \t]*(?:;[^\r\n]*)?$/i;
const LAST_CHUNK = "\r\n0\r\n\r\n";

/**
 * Takes the chunked coding off a body (RFC 9112 7.1), which a modem hands over as it came. One that joins chunks itself,
 * with the header that names the coding left in, is understood where its body can't be the beginning of a chunk. What may
 * be one, and is not whole, is never taken for a body: nor is nothing at all, since an empty body has a last chunk too.
 */
export function decodeChunked(body: Buffer): Chunks {
  const chunks: Buffer[] = [];
  const received = (): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf("\r\n", at, "latin1");
    const line = body.toString("latin1", at, Math.min(lineEnd < 0 ? body.length : lineEnd, at + LONGEST_LINE));
    if (at === 0 && !isCoded(line, lineEnd >= 0, body)) return { kind: "decoded" };
    if (lineEnd < 0) return { kind: SIZE_LINE_CUT.test(line) ? "cut" : "malformed", received: received() };
    const digits = SIZE_LINE.exec(line)?.[1];
    if (digits === undefined) return { kind: "malformed", received: received() };
    const start = lineEnd + 2;
    const size = Number.parseInt(digits, 16);
    if (size === 0) {
      const end = trailerEnd(body, start);
      return end === "whole" ? { kind: end, body: Buffer.concat(chunks) } : { kind: end, received: received() };
    }
    const end = start + size;
    const isCut = body.length < end + 2 && (body[end] ?? CR) === CR;
    if (isCut) return { kind: "cut", received: received() + Math.min(size, body.length - start) };
    if (body[end] !== CR || body[end + 1] !== LF) return { kind: "malformed", received: received() + size };
    chunks.push(body.subarray(start, end));
    at = end + 2;
  }
}

/** Whether a body is in chunks at all, whole or not; told by its first line and by its end. */
function isCoded(line: string, isEnded: boolean, body: Buffer): boolean {
  if (isEnded ? WORD.test(line) : SIZE_LINE_CUT.test(line)) return true;
  return body.toString("latin1", Math.max(0, body.length - LAST_CHUNK.length)) === LAST_CHUNK;
}

/** Fields up to an empty line; a line end behind that is one that some servers send too much. */
function trailerEnd(body: Buffer, start: number): "whole" | "cut" | "malformed" {
  const rest = body.toString("latin1", start);
  const lines = rest.split("\r\n");
  const empty = lines.indexOf("");
  const fields = lines.slice(0, empty < 0 ? undefined : empty);
  if (empty < 0 || empty === lines.length - 1) {
    return fields.slice(0, -1).every((line) => line.includes(":")) ? "cut" : "malformed";
  }
  const behind = lines.slice(empty + 1).join("\r\n");
  const isWhole = fields.every((line) => /^[^:]+:/.test(line)) && (behind === "" || behind === "\r\n");
  return isWhole ? "whole" : "malformed";
}
