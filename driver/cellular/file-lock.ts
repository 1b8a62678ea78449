import { randomBytes } from "node:crypto";
import { type FileHandle, link, open, rename, stat, unlink } from "node:fs/promises";
import { delay } from "../delay";

/** ms between two signs of life of who has it, and two looks of who waits. */
const BEAT_MS = 2_000;
const LOOK_MS = 200;
/** ms without a sign of life after which it was left behind by a process that is gone. */
const STALE_MS = 15_000;
/** Longest wait, in ms: whoever has it is done sooner. */
const WAIT_LIMIT_MS = 300_000;
/** For its owner alone. */
const MODE = 0o600;

/** Something that one process has at a time. */
export interface FileLock {
  /** Whether another one had it before. */
  readonly hasWaited: boolean;
  release(): Promise<void>;
}

/**
 * Makes a file that no two processes can have made. Who has it lets it grow, which shows that it is alive whatever the
 * clock and the process ids say: they differ between containers, and begin anew with every start.
 *
 * @throws {Error} where it can't be made, or another process keeps it for too long
 */
export async function lockFile(path: string, signal = new AbortController().signal): Promise<FileLock> {
  const start = performance.now();
  let seen = { mark: "", at: start };
  for (let hasWaited = false; ; hasWaited = true) {
    signal.throwIfAborted();
    const file = await open(path, "wx", MODE).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
      return undefined;
    });
    if (file !== undefined) return held(path, file, hasWaited);
    const time = performance.now();
    if (time - start > WAIT_LIMIT_MS) throw new Error(`another process has kept ${path} for too long`);
    const mark = await markOf(path);
    // A slow disk makes no sign of life older.
    if (mark !== seen.mark) seen = { mark, at: performance.now() };
    else if (time - seen.at > STALE_MS) await clear(path, mark);
    await delay(LOOK_MS, signal);
  }
}

async function held(path: string, file: FileHandle, hasWaited: boolean): Promise<FileLock> {
  const { ino } = await file.stat();
  const beat = setInterval(() => void file.write(".").catch(() => undefined), BEAT_MS);
  beat.unref?.();
  const release = async (): Promise<void> => {
    clearInterval(beat);
    await file.close();
    // It is somebody else's where this process was taken for gone.
    const current = await stat(path).catch(() => undefined);
    if (current?.ino === ino) await unlink(path).catch(() => undefined);
  };
  return { hasWaited, release };
}

/** Changes with every sign of life; empty where it is gone. */
async function markOf(path: string): Promise<string> {
  const current = await stat(path).catch(() => undefined);
  return current === undefined ? "" : `${current.ino} ${current.size}`;
}

/** Takes it away, but not the new one of whoever was faster. */
async function clear(path: string, mark: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await rename(path, aside);
    if ((await markOf(aside)) !== mark) await link(aside, path);
  } catch {
    // Somebody else was faster: the next look shows it.
  }
  await unlink(aside).catch(() => undefined);
}
