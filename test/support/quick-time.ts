import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";

/**
 * Time runs several times as fast in the whole process of a test file that imports this first: timers and
 * `performance.now()` alike, those of driver and simulated modem alike. For what waits by the modem's own clock, such as
 * guard times, over a line in the process; nothing else changes, since both ends of the line share the clock. What
 * fails under a busy machine must leave that much more room.
 */
const FACTOR = 3;

const { setTimeout: later, setInterval: often } = globalThis;
const now = performance.now.bind(performance);

/** Keeps what hangs on the function, such as its promisified form. */
function hastened<T extends typeof setTimeout | typeof setInterval>(timer: T): T {
  const quick = (work: () => void, ms = 0, ...rest: unknown[]) =>
    (timer as (...all: unknown[]) => unknown)(work, ms / FACTOR, ...rest);
  return Object.assign(quick, timer) as unknown as T;
}

globalThis.setTimeout = hastened(later);
globalThis.setInterval = hastened(often);
performance.now = () => now() * FACTOR;

const { setTimeout: pause } = timers;
timers.setTimeout = (ms = 0, ...rest) => pause(ms / FACTOR, ...rest);
syncBuiltinESMExports();
