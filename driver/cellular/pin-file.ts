import { open, readFile, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { PinRecords, PinStore } from "./pin-memory";

/** For its owner alone. */
const MODE = 0o600;

/** What became of PINs, in a file that a power cut leaves whole. */
export class PinFile implements PinStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async load(): Promise<PinRecords | undefined> {
    const text = await readFile(this.#path, "utf8").catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const records: unknown = parse(text);
    if (!isRecords(records)) throw new Error(`${this.#path} is damaged: delete it if the SIM has attempts left`);
    return records;
  }

  async save(records: PinRecords): Promise<void> {
    const draft = `${this.#path}.new`;
    // One that was left behind may have other rights.
    await unlink(draft).catch(() => undefined);
    const file = await open(draft, "wx", MODE);
    try {
      await file.writeFile(JSON.stringify(records, undefined, 2));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, this.#path);
    await syncDirectory(dirname(this.#path));
  }
}

/** Not every system lets a directory be opened. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r").catch(() => undefined);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecords(value: unknown): value is PinRecords {
  if (typeof value !== "object" || value === null) return false;
  const { salt, trials } = value as Partial<PinRecords>;
  return typeof salt === "string" && Array.isArray(trials) && trials.every(isRecord);
}

function isRecord(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { pin, port, outcome, times } = value as Partial<Record<string, unknown>>;
  const isKnown = outcome === "sent" || outcome === "refused" || outcome === "accepted";
  return typeof pin === "string" && typeof port === "string" && isKnown && typeof times === "number";
}
