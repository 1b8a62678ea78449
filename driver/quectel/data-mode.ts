/** Whether bytes are just `+++`, which leaves data mode when silence surrounds them (guide 1.3). */
export function isEscape(bytes: Uint8Array): boolean {
  return bytes.length === 3 && bytes.every((byte) => byte === 0x2b);
}
