import { afterEach, beforeEach, expect, vi } from "vitest";

/** ms of one step, and steps at most: ten minutes. */
const STEP = 10;
const MOST_STEPS = 60_000;

/** Every timer and clock of the tests in this file is a fake one; what `setImmediate` delivers comes all the same. */
export function useFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance", "Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** Lets time pass until `ready`. */
export async function passUntil(ready: () => boolean): Promise<void> {
  for (let step = 0; step < MOST_STEPS && !ready(); step += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(STEP);
  }
  expect(ready()).toBe(true);
}

/** Lets time pass until `work` is done. */
export async function pass<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const end = (): void => {
    isDone = true;
  };
  work.then(end, end);
  await passUntil(() => isDone);
  return work;
}
