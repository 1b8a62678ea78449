/**
 * Loaded into Node-RED before anything else: when its flows have started, it prints what the start has cost, and ends the
 * process.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** What one start has cost. */
export interface StartCost {
  /** ms of processor time of all threads, user and system. */
  readonly cpu: number;
  /** MB that are resident. */
  readonly memory: number;
  /** Different files that were read. */
  readonly files: number;
}

/** Before what is printed, on a line of its own. */
export const START_COST = "start cost: ";

const read = new Set<string>();

function note(path: unknown): void {
  if (typeof path === "string" || path instanceof URL) read.add(String(path));
}

/** Notes the path that each call of `name` opens or reads. */
function watch(target: object, name: string): void {
  const original = Reflect.get(target, name) as (...values: unknown[]) => unknown;
  const watched = function (this: unknown, ...values: unknown[]): unknown {
    note(values[0]);
    return original.apply(this, values);
  };
  Reflect.set(target, name, Object.assign(watched, original));
}

for (const name of ["readFile", "readFileSync", "open", "openSync"]) watch(fs, name);
for (const name of ["readFile", "open"]) watch(fs.promises, name);
syncBuiltinESMExports();

const write = process.stdout.write.bind(process.stdout) as (text: string | Uint8Array) => boolean;
process.stdout.write = (text: string | Uint8Array): boolean => {
  const written = write(text);
  if (String(text).includes("Started flows")) {
    const { user, system } = process.cpuUsage();
    const cost: StartCost = {
      cpu: (user + system) / 1000,
      memory: process.memoryUsage.rss() / 1e6,
      files: read.size,
    };
    fs.writeSync(1, `${START_COST}${JSON.stringify(cost)}\n`);
    process.exit();
  }
  return written;
};
