import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { bundled } from "../../../support/bundle";
import { randomWords, runs, seed } from "../../../support/random";
import { FailingFiles } from "./failing-files";
import { drained, outboxOf, outboxPath } from "./files";

/** Keeps and sends a few messages; what was acknowledged, and what was sent. */
async function work(path: string, files: FailingFiles): Promise<{ kept: string[]; sent: string[]; errors: unknown[] }> {
  const { outbox } = outboxOf({ path, files });
  const told = { kept: [] as string[], sent: [] as string[], errors: [] as unknown[] };
  for (let group = 0; group < 4; group += 1) {
    const items = ["a", "b", "c"].map((letter) => `${letter}${group}`);
    await Promise.all(
      items.map((item) =>
        outbox.keep(item).then(
          () => told.kept.push(item),
          (error: unknown) => told.errors.push(error),
        ),
      ),
    );
    if (outbox.depth.waiting === 0) continue;
    const entry = await outbox.first(AbortSignal.timeout(1000));
    told.sent.push(entry.item);
    outbox.settle(entry, undefined);
  }
  await outbox.close(new Error("the end"));
  return told;
}

const TROUBLES = [
  ["a full disk", "ENOSPC", true],
  ["a disk that is full for a moment", "ENOSPC", false],
  ["a disk that became read-only", "EROFS", true],
  ["a bad sector", "EIO", false],
] as const;

describe.each(TROUBLES)("%s, met at each operation", (_name, code, lasting) => {
  it("fails what it can't keep, and loses nothing that it has acknowledged", async () => {
    const whole = new FailingFiles(Number.POSITIVE_INFINITY, code, lasting);
    await work(await outboxPath(), whole);
    for (let at = 1; at <= whole.count; at += 1) {
      const path = await outboxPath();
      const { kept, sent, errors } = await work(path, new FailingFiles(at, code, lasting));
      for (const error of errors)
        expect(error, `at ${at}`).toMatchObject({ code: "MODEM_BUSY", message: expect.stringContaining(code) });
      const { outbox } = outboxOf({ path });
      const left = await drained(outbox);
      const lost = kept.filter((item) => !left.includes(item) && !sent.includes(item));
      expect(lost, `at ${at}`).toEqual([]);
      expect(
        left.filter((item) => !kept.includes(item)),
        `never acknowledged, at ${at}`,
      ).toEqual(lasting ? expect.any(Array) : []);
    }
  });
});

describe("a process that is killed at any moment", () => {
  it("loses nothing that it has acknowledged", { timeout: 120_000 }, async () => {
    const program = bundled("test/nodes/common/outbox/keeper.ts");
    const random = randomWords();
    const path = await outboxPath();
    let next = 0;
    const acknowledged = new Set<string>();
    const settled = new Set<string>();
    for (let run = 0; run < runs(20, 3); run += 1) {
      const keeper = spawn(process.execPath, [program, path, String(next)], { stdio: ["ignore", "pipe", "inherit"] });
      const lines = createInterface({ input: keeper.stdout });
      const killAfter = 20 + (random() % 400);
      let seen = 0;
      for await (const line of lines) {
        const [what, item = ""] = line.split(" ");
        (what === "kept" ? acknowledged : settled).add(item);
        next = Math.max(next, Number(item) + 1);
        seen += 1;
        if (seen === killAfter) keeper.kill("SIGKILL");
      }
      if (keeper.exitCode === null && keeper.signalCode === null) await once(keeper, "exit");
      next += 100;
    }
    const { outbox, warnings } = outboxOf({ path, limit: 1e6 });
    const left = new Set(await drained(outbox));
    const lost = [...acknowledged].filter((item) => !left.has(item) && !settled.has(item));
    expect(lost, `seed ${seed}`).toEqual([]);
    expect(warnings, `seed ${seed}`).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(30);
    expect(await readFile(path, "utf8")).toContain("record");
  });
});
