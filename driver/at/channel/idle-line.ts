import { MovableTimer, now } from "../clock";

/** ms without a user after which the line counts as free: what belongs together follows sooner. */
const LULL = 300;
/** Longest wait for that, in ms: a line that is never free gets its turn in the queue. */
const LIMIT = 5000;

/**
 * Resolves when nobody has used the line for a moment; when it is never free, after a while. Rejects by the signal.
 *
 * @param freeSince by `now()`; undefined while somebody uses it
 */
export function waitForIdleLine(freeSince: () => number | undefined, signal: AbortSignal | undefined): Promise<void> {
  const limit = now() + LIMIT;
  const pause = new MovableTimer();
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      pause.stop();
      reject(signal?.reason);
    };
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    const isFree = (): number => Math.min(limit, (freeSince() ?? now()) + LULL);
    pause.start(isFree, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
  });
}
