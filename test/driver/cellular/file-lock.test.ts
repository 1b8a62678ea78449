import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { lockFile } from "../../../driver/cellular/file-lock";
import { useFakeTime } from "../../support/clock";

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "lock-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "a.lock");
}

/** Lets the time go by in small steps, and the disk keep up. */
async function seconds(count: number, each: () => void = () => undefined): Promise<void> {
  for (let step = 0; step < 5 * count; step += 1) {
    await vi.advanceTimersByTimeAsync(200);
    for (let turn = 0; turn < 10; turn += 1) await setImmediate();
    for (let look = 0; look < 4; look += 1) await stat(".");
    if (step % 10 === 0) each();
  }
}

describe("I10 a lock between processes", () => {
  useFakeTime();

  it("I10 neighbour: one that a process left behind is taken over, not sooner than it may be alive", async () => {
    const path = newPath();
    writeFileSync(path, "");
    let taken = false;
    const lock = lockFile(path).then((one) => {
      taken = true;
      return one;
    });
    await seconds(10);
    expect(taken).toBe(false);
    // The disk may need more turns than a look has here.
    for (let look = 0; look < 30 && !taken; look += 1) await seconds(10);
    expect((await lock).hasWaited).toBe(true);
    await (await lock).release();
    expect(readdirSync(join(path, ".."))).toEqual([]);
  });

  it("I10 neighbour: one that shows life is waited for, and no longer than five minutes", async () => {
    const path = newPath();
    writeFileSync(path, "");
    const failed = lockFile(path).catch(({ message }: Error) => message);
    await seconds(310, () => appendFileSync(path, "."));
    expect(await failed).toMatch(/another process/);
    expect(existsSync(path)).toBe(true);
  });

  it("I10 neighbour: one of a process that lives grows, and is given up by its owner alone", async () => {
    const path = newPath();
    const lock = await lockFile(path);
    let taken = false;
    const other = lockFile(path).then((one) => {
      taken = true;
      return one;
    });
    await seconds(40);
    expect(taken).toBe(false);
    await lock.release();
    await seconds(2);
    await (await other).release();
    expect(existsSync(path)).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("I10 neighbour: ends with its signal, and where no file can be made", async () => {
    const path = newPath();
    writeFileSync(path, "");
    const abort = new AbortController();
    const failed = lockFile(path, abort.signal).catch(({ message }: Error) => message);
    await seconds(1);
    abort.abort(new Error("closed"));
    expect(await failed).toBe("closed");
    await expect(lockFile(join(path, "no", "folder"))).rejects.toThrow(/ENOTDIR|ENOENT/);
  });
});
