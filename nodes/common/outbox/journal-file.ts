import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { decodeRecord } from "./record";

/** For its owner alone: messages are nobody else's business. */
const MODE = 0o600;
const BLOCK_BYTES = 1_048_576;
/** What is longer was not written here. */
export const LONGEST_LINE_BYTES = 33_554_432;
const LINE_FEED = 0x0a;

/** What the journal needs of a file system; tests give one that fails on command. */
export interface FileSystem {
  open(path: string, flags: string, mode?: number): Promise<FileHandle>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

export const REAL_FILES: FileSystem = { open, rename, unlink };

/** What a file of records holds. */
export interface FileContent {
  readonly records: unknown[];
  /** Bytes up to the last whole line; a line that a power cut has torn may follow. */
  readonly length: number;
  /** Lines before the last that are not as they were written. */
  readonly damaged: number;
}

/** Opens the file for reading and writing; makes it where there is none. */
export async function openFile(files: FileSystem, path: string): Promise<FileHandle> {
  try {
    return await files.open(path, "r+");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const handle = await files.open(path, "wx+", MODE);
  await syncDirectory(files, path);
  return handle;
}

/** Reads in blocks, so that a long file holds up nothing else. */
export async function readRecords(handle: FileHandle): Promise<FileContent> {
  const records: unknown[] = [];
  const block = Buffer.alloc(BLOCK_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  let damaged = 0;
  let read = 0;
  for (;;) {
    const { bytesRead } = await handle.read(block, 0, block.length, read);
    if (bytesRead === 0) break;
    read += bytesRead;
    rest = Buffer.concat([rest, block.subarray(0, bytesRead)]);
    let start = 0;
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED, start)) {
      const decoded = decodeRecord(rest.subarray(start, end));
      if (decoded === undefined) damaged += 1;
      else records.push(decoded.record);
      start = end + 1;
    }
    rest = rest.subarray(start);
    if (rest.length > LONGEST_LINE_BYTES) return { records, length: read, damaged: damaged + 1 };
  }
  return { records, length: read - rest.length, damaged };
}

/** A write may take less than it is given, as at the end of a disk. */
export async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/**
 * Puts a new file with these lines in the place of the old one, so that a power cut leaves the one or the other.
 * Resolves with the new file, open, once it is on the disk.
 */
export async function replaceFile(files: FileSystem, path: string, lines: readonly Buffer[]): Promise<FileHandle> {
  const draft = `${path}.new`;
  // One that was left behind may have other rights.
  await files.unlink(draft).catch(() => undefined);
  const handle = await files.open(draft, "wx+", MODE);
  try {
    let position = 0;
    for (const line of lines) {
      await writeAll(handle, line, position);
      position += line.length;
    }
    await handle.sync();
    await files.rename(draft, path);
    await syncDirectory(files, path);
    return handle;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await files.unlink(draft).catch(() => undefined);
    throw error;
  }
}

/** Not every system lets a directory be opened. */
async function syncDirectory(files: FileSystem, path: string): Promise<void> {
  const directory = await files.open(dirname(path), "r").catch(() => undefined);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}
