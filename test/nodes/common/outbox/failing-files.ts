import type { FileHandle } from "node:fs/promises";
import { type FileSystem, REAL_FILES } from "../../../../nodes/common/outbox/journal-file";

const COUNTED = ["read", "write", "truncate", "datasync", "sync"] as const;

/** A file system whose operation number `at` fails, and, with `lasting`, all after it; a write takes half before. */
export class FailingFiles implements FileSystem {
  #count = 0;

  constructor(
    readonly at: number,
    readonly code: "ENOSPC" | "EROFS" | "EIO",
    readonly lasting: boolean,
  ) {}

  /** Operations so far. */
  get count(): number {
    return this.#count;
  }

  async open(path: string, flags: string, mode?: number): Promise<FileHandle> {
    this.#step("open");
    const handle = await REAL_FILES.open(path, flags, mode);
    return new Proxy(handle, {
      get: (_handle, name) => {
        const member: unknown = Reflect.get(handle, name, handle);
        if (typeof member !== "function") return member;
        if (!COUNTED.includes(name as (typeof COUNTED)[number])) return member.bind(handle);
        return (...given: unknown[]) => this.#perform(String(name), handle, given, member);
      },
    });
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step("rename");
    await REAL_FILES.rename(from, to);
  }

  unlink(path: string): Promise<void> {
    return REAL_FILES.unlink(path);
  }

  /** Declared so that a failure is a rejection. */
  // biome-ignore lint/complexity/noBannedTypes: of whatever signature
  async #perform(name: string, handle: FileHandle, given: unknown[], member: Function): Promise<unknown> {
    try {
      this.#step(name);
    } catch (error) {
      const [bytes, offset, length, position] = given as [Buffer, number, number, number];
      if (name === "write") await handle.write(bytes, offset, Math.floor(length / 2), position);
      throw error;
    }
    return Reflect.apply(member, handle, given);
  }

  #step(name: string): void {
    this.#count += 1;
    const fails = this.lasting ? this.#count >= this.at : this.#count === this.at;
    if (fails) throw Object.assign(new Error(`${this.code}: on command, ${name}`), { code: this.code });
  }
}
