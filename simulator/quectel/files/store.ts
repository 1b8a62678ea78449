import type { Modem } from "../../modem";
import type { FileSystem } from "../../storage";
import { FileError, FileFailure } from "./errors";

const LONGEST_NAME = 80;
const RAM_CAPACITY = 1024 * 1024;

/** A file on one of the two drives: UFS, which is permanent, or RAM:, which a reboot empties. */
export interface FilePath {
  readonly drive: FileSystem;
  /** Prefix of the name in listings. */
  readonly prefix: "" | "RAM:";
  readonly name: string;
}

/** The drive in RAM. */
class RamDrive implements FileSystem {
  readonly capacity = RAM_CAPACITY;
  readonly #files = new Map<string, Buffer>();

  get free(): number {
    return [...this.#files.values()].reduce((left, content) => left - content.length, this.capacity);
  }

  names(): string[] {
    return [...this.#files.keys()];
  }

  read(name: string): Buffer | undefined {
    return this.#files.get(name);
  }

  write(name: string, content: Buffer): void {
    const kept = this.#files.get(name)?.length ?? 0;
    if (content.length > this.free + kept) throw new RangeError("RAM drive full");
    this.#files.set(name, content);
  }

  remove(name: string): boolean {
    return this.#files.delete(name);
  }
}

/** Splits `UFS:a.txt`, `RAM:a.txt` or `a.txt`; does not check the name itself. */
export function splitPath(modem: Modem, path: string): FilePath {
  const [, drive = "UFS", name = ""] = /^(?:(UFS|RAM):)?(.*)$/is.exec(path) ?? [];
  if (drive.toUpperCase() === "RAM") {
    return { drive: modem.service("quectel/ram-drive", () => new RamDrive()), prefix: "RAM:", name };
  }
  return { drive: modem.storage.files, prefix: "", name };
}

/** @throws {FileFailure} 406 for an invalid name (1 to 80 bytes, no separators or wildcards) */
export function filePath(modem: Modem, path: string): FilePath {
  const found = splitPath(modem, path);
  const length = found.name.length;
  if (length < 1 || length > LONGEST_NAME || !/^[^\p{Cc}"*/:<>?\\|]+$/u.test(found.name)) {
    throw new FileFailure(FileError.invalidName);
  }
  return found;
}

/** @throws {FileFailure} 405 */
export function readFile({ drive, name }: FilePath): Buffer {
  const content = drive.read(name);
  if (content === undefined) throw new FileFailure(FileError.notFound);
  return content;
}

/** @throws {FileFailure} 403 */
export function writeFile({ drive, name }: FilePath, content: Buffer): void {
  try {
    drive.write(name, content);
  } catch (error) {
    if (error instanceof RangeError) throw new FileFailure(FileError.driveFull);
    throw error;
  }
}

/** FILE application note: XOR of big-endian 16-bit words, an odd last byte counts as the high one; hex without zeros. */
export function checksum(content: Buffer): string {
  let sum = 0;
  for (const [index, byte] of content.entries()) sum ^= index % 2 === 0 ? byte << 8 : byte;
  return sum.toString(16);
}
