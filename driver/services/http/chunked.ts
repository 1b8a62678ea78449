/** A body in chunks, taken apart. */
export type Chunks =
  | { readonly kind: "whole"; readonly body: Buffer }
  /** It ends before its last chunk and the trailer behind that do; `received` counts what the chunks have brought. */
  | { readonly kind: "cut"; readonly received: number }
  /** A chunk has no size, or does not end where that says. */
  | { readonly kind: "malformed"; readonly received: number }
  /** There are no chunks: the modem has removed the coding, and left the header that names it. */
  | { readonly kind: "decoded" };

const CR_LF = "\r\n";
const LF = "\n";
/** Characters of a size line, extensions included. */
const LONGEST_LINE = 4_096;
const SIZE_LINE = /^0*([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?$/i;
/** What may be the beginning of one whose end is missing. */
const SIZE_LINE_CUT = /^0*[0-9a-f]{0,8}[ \t]*(?:;[^\r\n]*)?\r?$/i;
/** What may have been one before it was damaged, or was written by a server that does not know how. */
const WORD = /^[ \t]*0*[0-9a-z]{1,8}[ \t]*(?:;[^\n]*)?$/i;
/** Bytes at the end within which the last chunk and the trailer have to be. */
const LONGEST_TRAILER = 4_096;

/**
 * Takes the chunked coding off a body (RFC 9112 7.1), which a modem hands over as it came. One that joins chunks itself,
 * with the header that names the coding left in, is understood where its body can't be the beginning of a chunk. What may
 * be one, and is not whole, is never taken for a body: nor is nothing at all, since an empty body has a last chunk too.
 */
export function decodeChunked(body: Buffer): Chunks {
  const first = body.indexOf(LF, 0, "latin1");
  // Servers that end the head's lines by LF alone end these so, too; all of them, or a byte was lost.
  const eol = first >= 0 && body.toString("latin1", first - 1, first) !== "\r" ? LF : CR_LF;
  const chunks: Buffer[] = [];
  const received = (): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf(eol, at, "latin1");
    const line = body.toString("latin1", at, Math.min(lineEnd < 0 ? body.length : lineEnd, at + LONGEST_LINE));
    const isBegun = eol === LF ? SIZE_LINE.test(line) : (lineEnd < 0 ? SIZE_LINE_CUT : WORD).test(line);
    if (at === 0 && !isBegun && !endsInChunks(body)) return { kind: "decoded" };
    if (lineEnd < 0) return { kind: SIZE_LINE_CUT.test(line) ? "cut" : "malformed", received: received() };
    const digits = SIZE_LINE.exec(line)?.[1];
    if (digits === undefined) return { kind: "malformed", received: received() };
    const start = lineEnd + eol.length;
    const size = Number.parseInt(digits, 16);
    if (size === 0) {
      const end = trailerEnd(body.toString("latin1", start), eol);
      return end === "whole" ? { kind: end, body: Buffer.concat(chunks) } : { kind: end, received: received() };
    }
    const end = start + size;
    const behind = body.toString("latin1", end, end + eol.length);
    if (behind !== eol) {
      const kind = eol.startsWith(behind) ? "cut" : "malformed";
      return { kind, received: received() + Math.min(size, body.length - start) };
    }
    chunks.push(body.subarray(start, end));
    at = end + eol.length;
  }
}

/** Whether there is a last chunk, so that a body is in chunks however its first line was damaged. */
function endsInChunks(body: Buffer): boolean {
  const end = body.toString("latin1", Math.max(0, body.length - LONGEST_TRAILER));
  const last = end.lastIndexOf("\r\n0\r\n");
  return last >= 0 && trailerEnd(end.slice(last + 5), CR_LF) === "whole";
}

/** Fields up to an empty line; a line end behind that is one that some servers send too much. */
function trailerEnd(rest: string, eol: string): "whole" | "cut" | "malformed" {
  const lines = rest.split(eol);
  const empty = lines.indexOf("");
  const fields = lines.slice(0, empty < 0 ? undefined : empty);
  if (empty < 0 || empty === lines.length - 1) {
    return fields.slice(0, -1).every((line) => line.includes(":")) ? "cut" : "malformed";
  }
  const behind = lines.slice(empty + 1).join(eol);
  const isWhole = fields.every((line) => /^[^:]+:/.test(line)) && (behind === "" || behind === eol);
  return isWhole ? "whole" : "malformed";
}
