import { randomInt } from "node:crypto";

/**
 * Random runs: few where a person waits for them, all of them in CI.
 *
 * `SEED=12345` repeats the runs of a failure, whose seed stands in the report. `RANDOM_RUNS=0.2` makes a fifth of the
 * full number of runs, `RANDOM_RUNS=1` all; left out, it is 1 where `CI` is set, and a twentieth elsewhere.
 */
const { CI = "", RANDOM_RUNS = CI === "" || CI === "false" ? "0.05" : "1", SEED } = process.env;
const FACTOR = Number(RANDOM_RUNS);
if (!(FACTOR > 0)) throw new Error(`RANDOM_RUNS is a factor above 0, such as 0.2; it is ${RANDOM_RUNS}`);

/** Of this test file. fast-check prints it itself; elsewhere it goes into the message of an expectation. */
export const seed = SEED === undefined ? randomInt(2 ** 31) : Number(SEED);
if (!Number.isSafeInteger(seed)) throw new Error(`SEED is a whole number; it is ${SEED}`);

/** So many of `full`: runs, bytes, rounds. At least `least`, 10 unless told, or all when there are fewer. */
export function runs(full: number, least = 10): number {
  return Math.max(Math.min(full, least), Math.round(full * FACTOR));
}

/** Long enough for all runs on a busy machine. */
export const RANDOM_TIMEOUT_MS = 300_000;

/** For `fc.assert`: the number of runs, and the seed, which fast-check prints when it finds a failure. */
export const randomRuns = (full: number, least?: number) => ({ seed, numRuns: runs(full, least) });

/** Numbers of 32 bits by xorshift, the same for the same seed. */
export function randomWords(from = seed): () => number {
  // Zero would stay zero.
  let state = from | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** So many bytes, the same for the same seed. */
export function randomBytes(count: number, word = randomWords()): Buffer {
  return Buffer.from(Uint8Array.from({ length: count }, word));
}
