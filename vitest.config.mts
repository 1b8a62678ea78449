import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const report = process.env.TEST_REPORT;

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Most of the time the tests wait for lines, modems and browsers; two cores bear four of them at once.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
  },
});
