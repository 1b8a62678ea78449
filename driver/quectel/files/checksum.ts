/**
 * The checksum of +QFUPL and +QFDWL: exclusive or of the 16-bit big-endian words, an odd last byte being the high
 * byte of a word (AT facts 4).
 */
export function fileChecksum(content: Uint8Array): number {
  let high = 0;
  let low = 0;
  for (let index = 0; index < content.length; index += 2) {
    high ^= content[index] ?? 0;
    low ^= content[index + 1] ?? 0;
  }
  return (high << 8) | low;
}
