import { existsSync } from "node:fs";
import path from "node:path";

/** Whether tests that need a program can run, and why not. Hand it to `describe.skipIf(need.skip)`. */
export interface Need {
  readonly skip: boolean;
  /** Goes into the name of the skipped suite, so that a report shows what was left out; empty when nothing is. */
  readonly reason: string;
}

/**
 * Looks for a program on the PATH.
 *
 * Tests skip without it, by name and with the reason; with `REQUIRE_ALL=1`, as CI sets it, they run and fail instead.
 */
export function needsTool(name: string): Need {
  const directories = (process.env.PATH ?? "").split(path.delimiter);
  if (directories.some((directory) => existsSync(path.join(directory, name)))) return { skip: false, reason: "" };
  return { skip: process.env.REQUIRE_ALL !== "1", reason: ` (${name} is not installed)` };
}
