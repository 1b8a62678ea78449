import { open, readFile, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";

/** For its owner alone. */
const MODE = 0o600;

/**
 * The value that a JSON file holds; undefined where there is none.
 *
 * @param most bytes: what is longer was not written here
 * @throws {Error} where it can't be read, `SyntaxError` included
 */
export async function readKept(path: string, most: number): Promise<unknown> {
  try {
    const { size } = await stat(path);
    if (size > most) throw new Error(`${path} has ${size} bytes, which is more than ${most}`);
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes it so that a power cut leaves the old value or the new one. Resolves once it is on the disk. */
export async function writeKept(path: string, value: unknown): Promise<void> {
  const draft = `${path}.new`;
  // One that was left behind may have other rights.
  await unlink(draft).catch(() => undefined);
  const file = await open(draft, "wx", MODE);
  try {
    await file.writeFile(JSON.stringify(value, undefined, 2));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncDirectory(dirname(path));
}

/** Not every system lets a directory be opened. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r").catch(() => undefined);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}
