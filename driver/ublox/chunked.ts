/**
 * Removes chunked coding (RFC 9112 section 7.1).
 *
 * Undefined unless all of `coded` is one well-formed chunked body, trailer included.
 */
export function decodeChunked(coded: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let position = 0; ; ) {
    const size = chunkSize(coded, position);
    if (size === undefined) return undefined;
    position = size.end;
    if (size.bytes === 0) return isTrailer(coded.subarray(position)) ? Buffer.concat(chunks) : undefined;
    const end = position + size.bytes;
    if (coded[end] !== 0x0d || coded[end + 1] !== 0x0a) return undefined;
    chunks.push(coded.subarray(position, end));
    position = end + 2;
  }
}

/** Longest line of a chunk's size and extensions that is looked at. */
const MAX_SIZE_LINE = 256;

function chunkSize(coded: Buffer, start: number): { bytes: number; end: number } | undefined {
  const window = coded.toString("latin1", start, start + MAX_SIZE_LINE);
  const line = /^([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n/i.exec(window);
  if (line?.[1] === undefined) return undefined;
  return { bytes: Number.parseInt(line[1], 16), end: start + line[0].length };
}

/** Fields, each on its line, and a blank line, with nothing behind it. */
function isTrailer(rest: Buffer): boolean {
  return /^(?:[^\s:]+:[^\r\n]*\r\n)*\r\n$/.test(rest.toString("latin1"));
}
