import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, vi } from "vitest";

/**
 * What a fake clock stands for. `setImmediate` and promises stay real: what a scripted modem prints, and what sockets
 * bring, comes by itself, without time passing.
 */
const TIMERS = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] as const;
const TIMERS_AND_DATE = [...TIMERS, "Date"] as const;

/** ms of one step of `passUntil`, and steps at most: ten minutes. */
const STEP_MS = 10;
const MOST_STEPS = 60_000;

/** Gives every test of this file or suite a clock that stands still until the test lets time pass. */
export function useFakeTime(): void {
  beforeEach(() => void vi.useFakeTimers({ toFake: [...TIMERS_AND_DATE] }));
  afterEach(() => void vi.useRealTimers());
}

/** The same from here to the end of this test, or until the result is called. */
export function fakeTime(): () => void {
  vi.useFakeTimers({ toFake: [...TIMERS_AND_DATE] });
  const end = (): void => void vi.useRealTimers();
  onTestFinished(end);
  return end;
}

/** ms between two looks of a stopwatch at the time. */
const TICK_MS = 10;

/**
 * Measures real time as far as this process was given any: what a busy machine kept from it does not count. The result
 * stops it and gives the ms.
 */
export function stopwatch(): () => number {
  let passed = 0;
  const ticks = setInterval(() => {
    passed += TICK_MS;
  }, TICK_MS);
  return () => {
    clearInterval(ticks);
    return passed;
  };
}

/** Lets `count` turns of the event loop run, and so what `setImmediate` and sockets bring, without time passing. */
export async function turns(count = 1): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets turns of the event loop run until it is so, without time passing. */
export async function until(isSo: () => boolean, most = 5000): Promise<void> {
  for (let turn = 0; turn < most && !isSo(); turn += 1) await turns();
  if (!isSo()) throw new Error("It did not happen");
}

/** Lets turns run until a number is over `least` and moves no more, and gives it. */
export async function settled(read: () => number, least = 0): Promise<number> {
  let before = read();
  let looks = 0;
  await until(() => {
    const isSame = read() === before;
    before = read();
    looks = isSame && before > least ? looks + 1 : 0;
    return looks >= 200;
  }, 100_000);
  return before;
}

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
  for (let turn = 0; turn < 20; turn += 1) {
    await turns();
    await vi.advanceTimersByTimeAsync(0);
  }
}

/** Lets fake time pass until it is so; ten minutes at most. */
export async function passUntil(isSo: () => boolean): Promise<void> {
  for (let step = 0; step < MOST_STEPS && !isSo(); step += 1) {
    await turns();
    await vi.advanceTimersByTimeAsync(STEP_MS);
  }
  expect(isSo()).toBe(true);
}

/** Lets fake time pass until the work is done, and gives its result. */
export async function pass<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = (): void => {
    isDone = true;
  };
  work.then(done, done);
  await passUntil(() => isDone);
  return work;
}

/**
 * Lets timers run some fifty times as fast, while sockets and processes keep their own pace: for what waits for minutes
 * over a real byte stream. To be called before the code under test sets its first timer; the result ends it. A step
 * takes a turn of the event loop at least, so that a busy machine, which has fewer turns, has fewer steps too.
 *
 * @param step ms of the fast clock for about one real ms; the longest that an answer may seem to be late
 */
export function fastClock(step = 50): () => void {
  const { setInterval, clearInterval } = globalThis;
  vi.useFakeTimers({ toFake: [...TIMERS] });
  const ticks = setInterval(() => vi.advanceTimersByTime(step), 1);
  return () => {
    clearInterval(ticks);
    vi.useRealTimers();
  };
}

/**
 * Gives a file whose modems and servers are all in this process a clock on which a turn of the event loop takes a
 * millisecond: waits pass as fast as nothing else is to be done, and a busy machine is late with nothing. A simulated
 * modem joins when its own clock is replaced:
 * `vi.mock("…/simulator/clock", () => vi.importActual("…/support/simulator-clock"))`.
 *
 * @param step ms of a turn, more than 1 for what waits for minutes
 */
export function useEventLoopClock(step = 1): void {
  let isRunning = false;
  const turn = (): void => {
    if (!isRunning) return;
    vi.advanceTimersByTime(step);
    setImmediate(turn);
  };
  // For all tests at once: a simulated modem outlives a test, and so do its timers.
  beforeAll(async () => {
    await import("./preload.js");
    vi.useFakeTimers({ toFake: [...TIMERS] });
    isRunning = true;
    turn();
  });
  afterAll(() => {
    isRunning = false;
    vi.useRealTimers();
  });
}
