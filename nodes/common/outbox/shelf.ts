import { Journal } from "./journal";
import type { FileSystem } from "./journal-file";

export interface ShelfOptions {
  readonly path: string;
  readonly files: FileSystem | undefined;
  /** Lines of what still counts. */
  readonly live: () => readonly Buffer[];
  /** Once, with what the file held. */
  readonly onRecords: (records: readonly unknown[]) => void;
  readonly onWarning: (error: Error) => void;
}

/** By path: one that was just closed may still be writing when the next one opens, as in a deploy. */
const closing = new Map<string, Promise<void>>();

/** Where an outbox keeps its file: opened when it can be, which may be later, and by one at a time. */
export class Shelf {
  readonly #options: ShelfOptions;
  #opening: Promise<void> | undefined;
  #journal: Journal | undefined;

  constructor(options: ShelfOptions) {
    this.#options = options;
  }

  /** Resolves when the file is open; a call after a failure tries again. @throws {Error} of the file system */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** The file is open. */
  append(line: Buffer, onWritten: (error?: unknown) => void): void {
    this.#journal?.append(line, onWritten);
  }

  note(line: Buffer): void {
    this.#journal?.note(line);
  }

  async close(): Promise<void> {
    const { path } = this.#options;
    const closed = this.#close();
    closing.set(path, closed);
    await closed;
    if (closing.get(path) === closed) closing.delete(path);
  }

  async #close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#journal?.close().catch(() => undefined);
  }

  async #open(): Promise<void> {
    const { path, files, live, onRecords, onWarning } = this.#options;
    await closing.get(path);
    const { journal, records, setAside } = await Journal.open({
      path,
      live,
      ...(files === undefined ? {} : { files }),
    });
    this.#journal = journal;
    onRecords(records);
    if (setAside !== undefined) {
      const rest = `${records.length} of its records could be read and count on`;
      onWarning(new Error(`The outbox's file was damaged and is now ${setAside}; ${rest}`));
    }
  }
}
