import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../support/paths";

it("docs/scenarios.md names the tests of every scenario", { timeout: 120_000 }, () => {
  const tsx = createRequire(__filename).resolve("tsx/cli");
  // Of a Vitest within Vitest nothing may be taken for this one's: neither its worker nor its report.
  const environment = Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST_REPORT|NODE_OPTIONS$)/.test(name));
  const { status, stderr } = spawnSync(process.execPath, [tsx, join(ROOT, "scripts", "scenario-table.ts"), "--check"], {
    cwd: ROOT,
    env: Object.fromEntries(environment),
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
