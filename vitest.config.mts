import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const report = process.env.TEST_REPORT;

/** What takes longest, the longest first: begun late, it would be waited for alone. */
const LONGEST = [
  "end-to-end/sockets/volume",
  "nodes/modem-socket/direct",
  "package/examples",
  "editor/editor",
  "end-to-end/secrets/tls-faults",
  "end-to-end/secrets/tls",
  "end-to-end/sockets/patience",
  "end-to-end/unplug",
  "end-to-end/resumption/node-red",
  "end-to-end/tls/outcomes",
  "end-to-end/resumption/resumption",
  "end-to-end/sockets/unhappy",
  "editor/tls-dialogs",
  "editor/dialogs",
  "end-to-end/secrets/secrets",
  "demo/demo",
  "end-to-end/hostile/hostile",
  "nodes/examples",
  "end-to-end/urcs",
].map((file) => `/test/${file}.test.ts`);

const UNITS = ["test/driver/**/*.test.ts", "test/simulator/**/*.test.ts"];
/**
 * These put something else in place of a module, which others may have loaded already, or count the timers of the whole
 * process, where what another file has begun may still set one.
 */
const ALONE = ["test/driver", "test/simulator"]
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)))
  .filter((file) => file.endsWith(".test.ts") && /vi\.(mock|getTimerCount)\(/.test(readFileSync(file, "utf8")))
  .map((file) => file.replaceAll("\\", "/"));

/** The longest files first, and those of one project together, so that they can share their processes. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const place = LONGEST.findIndex((file) => moduleId.endsWith(file));
      if (place >= 0) return place;
      return LONGEST.length + (project.name === "units" ? 1 : 0);
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A busy machine may need longer than the second of vitest's own.
    expect: { poll: { timeout: 20_000, interval: 20 } },
    pool: "forks",
    // Most of the time the tests wait for lines, modems and browsers; two cores bear six of them at once.
    maxWorkers: Math.max(6, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    projects: [
      {
        extends: true,
        test: { name: "whole", include: ["test/**/*.test.ts"], exclude: UNITS },
      },
      // To load driver and simulator for each of these files would take longer than to run them.
      { extends: true, test: { name: "units", include: UNITS, exclude: ALONE, isolate: false } },
      { extends: true, test: { name: "alone", include: ALONE } },
    ],
  },
});
