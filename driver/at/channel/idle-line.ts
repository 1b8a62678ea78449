import { MovableTimer, now } from "../clock";

/** Time without a user after which the line is idle: commands that belong together follow sooner. */
const IDLE_AFTER_MS = 300;
/** Longest wait for that: on a line that is never idle the command then takes its turn in the queue. */
const MAX_WAIT_MS = 5000;

/**
 * Resolves when the line has been free for a moment or, when it never is, after a while. Rejects by the signal.
 *
 * @param freeSince by `now()`; undefined while the line is in use
 */
export function waitForIdleLine(freeSince: () => number | undefined, signal: AbortSignal | undefined): Promise<void> {
  const limit = now() + MAX_WAIT_MS;
  const pause = new MovableTimer();
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      pause.stop();
      reject(signal?.reason);
    };
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    const isFree = (): number => Math.min(limit, (freeSince() ?? now()) + IDLE_AFTER_MS);
    pause.start(isFree, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
  });
}
