import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Outbox, type OutboxOptions } from "../../../../nodes/common/outbox/outbox";

/** A path in a directory of its own, which goes with the test. */
export async function outboxPath(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "outbox-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "outbox.jsonl");
}

/** An outbox that is closed with the test; warnings are gathered in words. */
export function outboxOf<Result = void>(options: Partial<OutboxOptions> = {}) {
  const warnings: string[] = [];
  const outbox = new Outbox<string, Result>({
    limit: 1000,
    onChange: () => {},
    onWarning: ({ message }) => warnings.push(message),
    ...options,
  });
  onTestFinished(() => outbox.close(new Error("the test is over")));
  return { outbox, warnings };
}

/** What it holds, first in first out; it holds nothing afterwards. */
export async function drained(outbox: Outbox<string>): Promise<string[]> {
  await outbox.open();
  const items: string[] = [];
  while (outbox.depth.waiting > 0) {
    const entry = await outbox.first(AbortSignal.timeout(10_000));
    items.push(entry.item);
    outbox.settle(entry, undefined);
  }
  return items;
}
