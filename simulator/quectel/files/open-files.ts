import type { Modem } from "../../modem";
import { FileError, FileFailure } from "./errors";
import { type FilePath, writeFile } from "./store";

const MOST_OPEN = 10;

/** +QFOPEN's <mode> */
export enum Mode {
  Open = 0,
  Truncate = 1,
  ReadOnly = 2,
}

export interface OpenFile {
  readonly path: FilePath;
  readonly mode: Mode;
  position: number;
}

/** The files opened by +QFOPEN since the last boot. */
class OpenFiles {
  readonly #open = new Map<number, OpenFile>();

  isOpen(path: FilePath): boolean {
    return [...this.#open.values()].some((file) => file.path.drive === path.drive && file.path.name === path.name);
  }

  /** @throws {FileFailure} 426, 413, 405 */
  open(path: FilePath, mode: Mode): number {
    if (this.isOpen(path)) throw new FileFailure(FileError.alreadyOpen);
    if (this.#open.size >= MOST_OPEN) throw new FileFailure(FileError.tooManyOpen);
    const exists = path.drive.read(path.name) !== undefined;
    if (mode === Mode.ReadOnly && !exists) throw new FileFailure(FileError.notFound);
    if (mode === Mode.Truncate || !exists) writeFile(path, Buffer.alloc(0));
    const handle = this.#free();
    this.#open.set(handle, { path, mode, position: 0 });
    return handle;
  }

  /** @throws {FileFailure} 416 */
  get(handle: number): OpenFile {
    const file = this.#open.get(handle);
    if (file === undefined) throw new FileFailure(FileError.invalidHandle);
    return file;
  }

  close(handle: number): void {
    this.get(handle);
    this.#open.delete(handle);
  }

  all(): [number, OpenFile][] {
    return [...this.#open];
  }

  #free(): number {
    let handle = 1;
    while (this.#open.has(handle)) handle += 1;
    return handle;
  }
}

export function openFiles(modem: Modem): OpenFiles {
  return modem.service("quectel/open-files", () => new OpenFiles());
}
