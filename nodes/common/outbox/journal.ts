import type { FileHandle } from "node:fs/promises";
import { type FileSystem, openFile, REAL_FILES, readRecords, replaceFile, writeAll } from "./journal-file";
import { encodeRecord } from "./record";

/** Bytes below which a file is not written anew, however little of it still counts. */
const SMALLEST_TO_COMPACT = 262_144;
/** A file is written anew when it is this many times as long as what still counts. */
const COMPACT_AT = 2;

export interface JournalOptions {
  readonly path: string;
  /** What still counts, for the file that takes the place of one that has grown. */
  readonly live: () => readonly Buffer[];
  readonly files?: FileSystem;
}

interface Waiting {
  readonly line: Buffer;
  /** Left out for what nobody waits for. */
  readonly onWritten?: (error?: unknown) => void;
}

/**
 * Records in a file, one line each, only ever added to. Whatever waits is written together and synced once: what was
 * acknowledged survives a power cut.
 */
export class Journal {
  readonly #path: string;
  readonly #live: () => readonly Buffer[];
  readonly #files: FileSystem;
  #handle: FileHandle;
  /** Of the file, up to the last line that is known to be whole. */
  #length: number;
  /** Length of the file when it was last written anew, or read. */
  #compacted: number;
  /** Whether behind `#length` there may be what a failed write has left. */
  #isDirty = false;
  #waiting: Waiting[] = [];
  #isWriting = false;
  #written: Promise<void> = Promise.resolve();

  private constructor({ path, live, files = REAL_FILES }: JournalOptions, handle: FileHandle, length: number) {
    this.#path = path;
    this.#live = live;
    this.#files = files;
    this.#handle = handle;
    this.#length = length;
    this.#compacted = length;
  }

  /**
   * Opens the file, and reads it. A last line that is torn is dropped. Where other lines are damaged the file is set
   * aside, and a new one begins with the rest.
   *
   * @returns what the file held, and where the damaged one is now
   * @throws {Error} of the file system
   */
  static async open(
    options: JournalOptions,
  ): Promise<{ readonly journal: Journal; readonly records: unknown[]; readonly setAside?: string }> {
    const { path, files = REAL_FILES } = options;
    await files.unlink(`${path}.new`).catch(() => undefined);
    const handle = await openFile(files, path);
    try {
      const { records, length, damaged } = await readRecords(handle);
      if (damaged === 0) {
        await handle.truncate(length);
        return { journal: new Journal(options, handle, length), records };
      }
      const setAside = `${path}.damaged-${Date.now()}`;
      await files.rename(path, setAside);
      const lines = records.map(encodeRecord);
      const replaced = await replaceFile(files, path, lines);
      await handle.close();
      const kept = lines.reduce((sum, line) => sum + line.length, 0);
      return { journal: new Journal(options, replaced, kept), records, setAside };
    } catch (error) {
      await handle.close().catch(() => undefined);
      throw error;
    }
  }

  /**
   * @param onWritten called when the record is on the disk, or with an error of the file system: then it isn't in the
   * file. At once, and not by a promise: `live` has to know of it before the file is written anew
   */
  append(line: Buffer, onWritten: (error?: unknown) => void): void {
    this.#add({ line, onWritten });
  }

  /** Adds a record that may be lost with the power; a write that fails is repeated with the next one. */
  note(line: Buffer): void {
    this.#add({ line });
  }

  /** Writes what waits, and closes the file. */
  async close(): Promise<void> {
    await this.#written;
    if (this.#waiting.length > 0) await this.#writeAll();
    await this.#handle.close();
  }

  #add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (!this.#isWriting) this.#written = this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    // What comes in one turn is one group.
    await Promise.resolve();
    // The last look and the end are one step: what is added between them would wait for ever.
    let isStuck = false;
    while (this.#waiting.length > 0 && !isStuck) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(Buffer.concat(group.map(({ line }) => line)));
        for (const { onWritten } of group) onWritten?.();
      } catch (error) {
        this.#waiting.unshift(...group.filter(isNote));
        for (const { onWritten } of group) onWritten?.(error);
        // Without anybody who waits there is no end to repeating it now.
        isStuck = this.#waiting.every(isNote);
      }
      if (this.#waiting.length === 0) await this.#compactIfLong();
    }
    this.#isWriting = false;
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#isDirty) await this.#handle.truncate(this.#length);
    this.#isDirty = true;
    try {
      await writeAll(this.#handle, bytes, this.#length);
      await this.#handle.datasync();
      this.#length += bytes.length;
      this.#isDirty = false;
    } catch (error) {
      // So that a restart doesn't find what its sender was told is not there.
      await this.#handle.truncate(this.#length).then(
        () => {
          this.#isDirty = false;
        },
        () => undefined,
      );
      throw error;
    }
  }

  /** A disk that is full keeps the long file: what counts is in it. */
  async #compactIfLong(): Promise<void> {
    if (this.#length < Math.max(SMALLEST_TO_COMPACT, COMPACT_AT * this.#compacted)) return;
    this.#compacted = this.#length;
    const lines = this.#live();
    const handle = await replaceFile(this.#files, this.#path, lines).catch(() => undefined);
    if (handle === undefined) return;
    await this.#handle.close().catch(() => undefined);
    this.#handle = handle;
    this.#length = lines.reduce((sum, line) => sum + line.length, 0);
    this.#compacted = this.#length;
  }
}

function isNote({ onWritten }: Waiting): boolean {
  return onWritten === undefined;
}
