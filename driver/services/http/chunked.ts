/**
 * Takes the chunked coding off a body (RFC 9112 7.1). Undefined unless the bytes are well-formed from the first to the
 * last: some modems have removed the coding already, and leave the header that names it.
 */
export function decodeChunked(body: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf("\r\n", at, "latin1");
    if (lineEnd < 0) return undefined;
    const size = chunkSize(body.toString("latin1", at, lineEnd));
    if (size === undefined) return undefined;
    const start = lineEnd + 2;
    if (size === 0) return endsAfterTrailers(body, start) ? Buffer.concat(chunks) : undefined;
    const end = start + size;
    if (body[end] !== 0x0d || body[end + 1] !== 0x0a) return undefined;
    chunks.push(body.subarray(start, end));
    at = end + 2;
  }
}

function chunkSize(line: string): number | undefined {
  const digits = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

function endsAfterTrailers(body: Buffer, start: number): boolean {
  const rest = body.toString("latin1", start);
  return rest === "\r\n" || /^(?:[^\r\n:]+:[^\r\n]*\r\n)+\r\n$/.test(rest);
}
