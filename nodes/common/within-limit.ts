import { Deadline } from "../../driver/services/waiting/deadline";
import { unlessAborted } from "../../driver/services/waiting/unless-aborted";

/** The work's own outcome, or a rejection with what `late` makes when it takes longer than `limit` ms. */
export async function inTime<T>(work: Promise<T>, limit: number, late: () => Error): Promise<T> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(late()), limit);
  return unlessAborted(work, timeout.signal).finally(() => clearTimeout(timer));
}

/**
 * What `work` gives, or a `MODEM_TIMEOUT` that names the operation after `limit` ms. Its signal aborts then, and with
 * `outer`.
 */
export function bounded<T>(
  {
    operation,
    limit,
    signal: outer,
  }: { readonly operation: string; readonly limit: number; readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new Deadline(limit, operation, outer);
  return deadline.race(work(deadline.signal));
}

/** Resolves when the work is over, however it ends, and at the latest after `limit` ms. */
export async function withinLimit(work: Promise<unknown> | undefined, limit: number): Promise<void> {
  const ended = Promise.resolve(work).catch(() => undefined);
  await inTime(ended, limit, () => new Error(`not over within ${limit} ms`)).catch(() => undefined);
}
