import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { bundled } from "../../support/bundle";

const PROGRAM = "bench/volume.ts";
/** Room for what is young grows with the work done, which would look like growth of the transfer. */
const STEADY = ["--max-semi-space-size=2"];
const LIMIT = 240_000;
/** Bytes that memory may grow by, and more of them than that, so that a transfer that is held as a whole shows. */
const GROWTH = 30_000_000;
const STREAM = 40_000_000;
const DATAGRAMS = 10_000;

interface Outcome {
  readonly bytes: number;
  readonly datagrams?: number;
  readonly way: string;
  readonly seconds: number;
  readonly growth: { readonly peak: number; readonly after: number };
}

/** A process of its own, so that the memory is that of modem, driver and server, and of nothing else. */
async function volume(options: Readonly<Record<string, string | number>>): Promise<Outcome> {
  const seed = randomInt(2 ** 31);
  const args = Object.entries({ ...options, seed }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const command = ["--expose-gc", ...STEADY, bundled(PROGRAM), ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command, { timeout: LIMIT });
  process.stdout.write(stdout);
  return JSON.parse(stdout) as Outcome;
}

describe.each(["LARA-R6", "BG96"])("one socket of a %s", (model) => {
  it.each([
    ["up", "command"],
    ["down", "command"],
    ["up", "direct"],
    ["down", "direct"],
  ])(
    `carries ${STREAM / 1e6} MB of random bytes %s in %s mode unchanged, in bounded memory`,
    async (way, mode) => {
      const { bytes, growth } = await volume({ model, way, mode, bytes: STREAM });
      expect(bytes).toBe(STREAM);
      expect(growth.peak).toBeLessThan(GROWTH);
    },
    LIMIT,
  );

  it.each(["udp-up", "udp-down", "udp-echo"])(
    `keeps borders and contents of ${DATAGRAMS} datagrams (%s)`,
    async (way) => {
      const { datagrams, growth } = await volume({ model, way, count: DATAGRAMS });
      expect(datagrams).toBe(DATAGRAMS);
      expect(growth.peak).toBeLessThan(GROWTH);
    },
    LIMIT,
  );
});
