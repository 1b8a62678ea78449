import { types } from "node:util";

/**
 * The bytes of a value that holds some, as they lie in memory: any view, an ArrayBuffer or shared memory, and a Buffer
 * that went through JSON. Undefined for anything else.
 *
 * A Function node's code runs in a realm with classes of its own, which `instanceof` does not know.
 */
export function bytesOf(value: unknown): Buffer | undefined {
  if (ArrayBuffer.isView(value)) return memory(value.buffer, value.byteOffset, value.byteLength);
  if (types.isAnyArrayBuffer(value)) return memory(value);
  return isJsonBuffer(value) ? Buffer.from(value.data) : undefined;
}

/** Shared memory is copied: another thread may write to it while the message waits for the modem. */
function memory(buffer: ArrayBufferLike, offset = 0, length = buffer.byteLength): Buffer {
  const bytes = Buffer.from(buffer, offset, length);
  return types.isSharedArrayBuffer(buffer) ? Buffer.from(bytes) : bytes;
}

/** What `Buffer.toJSON` makes, and nothing that only resembles it. */
function isJsonBuffer(value: unknown): value is { type: "Buffer"; data: number[] } {
  if (typeof value !== "object" || value === null) return false;
  const { type, data } = value as { type?: unknown; data?: unknown };
  if (type !== "Buffer" || !Array.isArray(data) || Object.keys(value).length !== 2) return false;
  return data.every((byte: unknown) => Number.isInteger(byte) && (byte as number) >= 0 && (byte as number) <= 255);
}
