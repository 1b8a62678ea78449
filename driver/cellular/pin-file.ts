import { createHash } from "node:crypto";
import { type FileLock, lockFile } from "./file-lock";
import { readKept, writeKept } from "./kept-file";
import { PinMemory, type PinRecords, type PinStore } from "./pin-memory";

/** Bytes: some thousand SIMs. */
const MOST_BYTES = 1_000_000;
/** Of the digest of what is locked: a modem's number is its owner's. */
const LOCK_DIGITS = 16;

/** Without a file, for as long as the process lives. */
const processPins = new PinMemory();
/** By file: all modems share it, since two of them may be one. */
const keptPins = new Map<string, PinMemory>();

export function pinsOf(file: string | undefined): PinMemory {
  if (file === undefined) return processPins;
  const pins = keptPins.get(file) ?? new PinMemory(new PinFile(file));
  keptPins.set(file, pins);
  return pins;
}

/** What became of PINs, in a file that a power cut leaves whole. */
export class PinFile implements PinStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async load(): Promise<PinRecords | undefined> {
    const records = await readKept(this.#path, MOST_BYTES).catch((error: unknown) => {
      // The words of a syntax error quote the file.
      if (error instanceof SyntaxError) return error.name;
      throw error;
    });
    if (records === undefined) return undefined;
    if (!isRecords(records)) throw new Error(`${this.#path} is damaged: delete it if the SIM has attempts left`);
    return records;
  }

  async save(records: PinRecords): Promise<void> {
    await writeKept(this.#path, records);
  }

  lock(name: string, signal?: AbortSignal): Promise<FileLock> {
    const digest = createHash("sha256").update(name).digest("hex").slice(0, LOCK_DIGITS);
    return lockFile(`${this.#path}.${digest}.lock`, signal);
  }
}

function isRecords(value: unknown): value is PinRecords {
  if (typeof value !== "object" || value === null) return false;
  const { salt, trials } = value as Partial<PinRecords>;
  return typeof salt === "string" && Array.isArray(trials) && trials.every(isRecord);
}

function isRecord(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { pin, port, iccid, imei, left, outcome, times } = value as Partial<Record<string, unknown>>;
  const isKnown = outcome === "sent" || outcome === "refused" || outcome === "accepted";
  const areDigests = typeof pin === "string" && typeof port === "string" && isText(iccid) && isText(imei);
  return areDigests && isKnown && isCount(times) && (left === undefined || isCount(left));
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
