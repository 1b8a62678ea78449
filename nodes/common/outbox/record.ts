/** A line of the outbox's file: what it says, and a checksum that shows a torn or damaged one. */
const START = '{"crc":"';
const MIDDLE = '","record":';
const END = "}";
const CRC_DIGITS = 8;
const BODY_AT = START.length + CRC_DIGITS + MIDDLE.length;

/** The record as a line of JSON, its line feed included. */
export function encodeRecord(record: unknown): Buffer {
  const body = JSON.stringify(record);
  return Buffer.from(`${START}${checksum(Buffer.from(body))}${MIDDLE}${body}${END}\n`);
}

/** The record of a line without its line feed; undefined where the line isn't whole, or not as it was written. */
export function decodeRecord(line: Buffer): { readonly record: unknown } | undefined {
  if (line.length < BODY_AT + END.length) return undefined;
  const head = line.toString("latin1", 0, BODY_AT);
  if (!head.startsWith(START) || !head.endsWith(MIDDLE)) return undefined;
  const body = line.subarray(BODY_AT, -END.length);
  if (head.slice(START.length, START.length + CRC_DIGITS) !== checksum(body)) return undefined;
  if (line.toString("latin1", line.length - END.length) !== END) return undefined;
  return { record: JSON.parse(body.toString()) };
}

/** CRC-32 of IEEE 802.3 as eight hex digits. `zlib.crc32` came only with Node.js 20.15. */
function checksum(bytes: Buffer): string {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(CRC_DIGITS, "0");
}

const REVERSED_POLYNOMIAL = 0xedb88320;
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_value, index) => {
  let entry = index;
  for (let bit = 0; bit < 8; bit += 1) entry = entry & 1 ? REVERSED_POLYNOMIAL ^ (entry >>> 1) : entry >>> 1;
  return entry;
});
