import { accessSync, constants, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { FileSystem, Storage } from "./storage";

/** Room for files, bytes: several 5 MB bodies side by side. */
const CAPACITY = 16 * 1024 * 1024;
/** Collects writes, such as an upload in blocks, into one write to disk. */
const SAVE_DELAY_MS = 50;

interface Saved {
  readonly nvm?: Record<string, unknown>;
  readonly files?: Record<string, string>;
}

/** What the modem keeps over reboots: in memory, and in the file `path` if given. */
export class FileStorage implements Storage {
  readonly #path: string | undefined;
  readonly files: MemoryFiles;
  readonly #nvm = new Map<string, string>();
  #pending: NodeJS.Timeout | undefined;

  /** @throws {Error} if `path` exists and is not a state file */
  constructor(path?: string) {
    this.#path = path;
    this.files = new MemoryFiles(() => this.#saveSoon());
    if (path !== undefined) this.#load(path);
  }

  get<T>(key: string): T | undefined {
    const text = this.#nvm.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  set(key: string, value: unknown): void {
    this.#nvm.set(key, JSON.stringify(value));
    this.#saveSoon();
  }

  remove(key: string): void {
    if (this.#nvm.delete(key)) this.#saveSoon();
  }

  /** Writes pending changes; also called when the process ends. */
  flush(): void {
    if (this.#pending === undefined) return;
    clearTimeout(this.#pending);
    this.#pending = undefined;
    this.#save();
  }

  #saveSoon(): void {
    if (this.#path === undefined || this.#pending !== undefined) return;
    this.#pending = setTimeout(() => this.flush(), SAVE_DELAY_MS);
    this.#pending.unref();
  }

  /** Writes a second file and renames it, so that neither a reader nor a crash can leave half a file. */
  #save(): void {
    if (this.#path === undefined) return;
    const nvm = Object.fromEntries([...this.#nvm].map(([key, text]) => [key, JSON.parse(text) as unknown]));
    const files = Object.fromEntries(this.files.names().map((name) => [name, this.files.base64(name)]));
    const beside = `${this.#path}.${process.pid}.tmp`;
    try {
      writeFileSync(beside, JSON.stringify({ nvm, files }, undefined, 1), { mode: 0o600 });
      renameSync(beside, this.#path);
    } catch (error) {
      rmSync(beside, { force: true });
      process.emitWarning(`the modem's state can't be kept: ${(error as Error).message}`);
    }
  }

  #load(path: string): void {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        checkFolder(path);
        return;
      }
      throw new Error(`${path} can't be read as a state file: ${(error as Error).message}`);
    }
    const saved = parse(text, path);
    for (const [key, value] of Object.entries(saved.nvm ?? {})) this.#nvm.set(key, JSON.stringify(value));
    for (const [name, content] of Object.entries(saved.files ?? {})) this.files.restore(name, content);
  }
}

/** Checks early that the folder is writable. @throws {Error} if it is not */
function checkFolder(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw new Error(`the state can't be kept in ${path}: ${(error as Error).message}`);
  }
}

function parse(text: string, path: string): Saved {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value) && isState(value)) return value;
  } catch {
    // The message below says what to do.
  }
  throw new Error(`${path} is not a state file of a simulated modem; remove it or name another`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isState({ nvm = {}, files = {} }: Record<string, unknown>): boolean {
  return isRecord(nvm) && isRecord(files) && Object.values(files).every((content) => typeof content === "string");
}

class MemoryFiles implements FileSystem {
  readonly #changed: () => void;
  readonly capacity = CAPACITY;
  readonly #contents = new Map<string, Buffer>();
  #used = 0;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get free(): number {
    return this.capacity - this.#used;
  }

  names(): string[] {
    return [...this.#contents.keys()];
  }

  read(name: string): Buffer | undefined {
    return this.#contents.get(name);
  }

  write(name: string, content: Buffer): void {
    this.#put(name, content);
    this.#changed();
  }

  remove(name: string): boolean {
    this.#used -= this.#contents.get(name)?.length ?? 0;
    const existed = this.#contents.delete(name);
    if (existed) this.#changed();
    return existed;
  }

  base64(name: string): string {
    return this.#contents.get(name)?.toString("base64") ?? "";
  }

  restore(name: string, content: string): void {
    this.#put(name, Buffer.from(content, "base64"));
  }

  #put(name: string, content: Buffer): void {
    const growth = content.length - (this.#contents.get(name)?.length ?? 0);
    if (growth > this.free) throw new RangeError("the file system is full");
    this.#contents.set(name, content);
    this.#used += growth;
  }
}
