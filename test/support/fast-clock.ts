import { vi } from "vitest";

/**
 * Lets timers run some fifty times as fast, while sockets and processes keep their own pace: for what waits for minutes
 * over a real byte stream. To be called before the code under test sets its first timer; the result ends it.
 *
 * @param step ms of the fast clock for about one real ms; the longest that an answer may seem to be late
 */
export function fastClock(step = 50): () => void {
  const { setInterval, clearInterval } = globalThis;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
  const ticks = setInterval(() => vi.advanceTimersByTime(step), 1);
  return () => {
    clearInterval(ticks);
    vi.useRealTimers();
  };
}
