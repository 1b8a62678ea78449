import { expect, vi } from "vitest";

/** Lets so many ms of fake time pass in small steps, and between them everything that real events bring. */
export async function advance(time: number): Promise<void> {
  const step = 100;
  for (let passed = 0; passed < time; passed += step) {
    await settle();
    await vi.advanceTimersByTimeAsync(Math.min(step, time - passed));
  }
  await settle();
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(0);
  }
}

/** Lets fake time pass until `work` is done. */
export async function pass<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = (): void => {
    isDone = true;
  };
  work.then(done, done);
  await passUntil(() => isDone);
  return work;
}

/** Lets fake time pass until it is so; a minute at most. */
export async function passUntil(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 6_000 && !isSo(); turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(isSo()).toBe(true);
}
