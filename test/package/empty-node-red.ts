import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningNodeRed, startNodeRed } from "../support/node-red";
import { ROOT } from "../support/paths";

const npm = (args: string[], cwd: string): string =>
  execFileSync("npm", [...args, "--loglevel=error", "--no-audit", "--no-fund"], { cwd, encoding: "utf8" });

/** A Node-RED that has nothing but this package, installed from its tarball as the palette does it. */
export async function emptyNodeRed(): Promise<RunningNodeRed> {
  const packed = mkdtempSync(join(tmpdir(), "modem-pack-"));
  try {
    const tarball =
      npm(["pack", "--ignore-scripts", "--pack-destination", packed], ROOT).trim().split("\n").at(-1) ?? "";
    const directory = mkdtempSync(join(tmpdir(), "node-red-empty-"));
    writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "empty", private: true }));
    npm(["install", join(packed, tarball)], directory);
    return await startNodeRed(directory);
  } finally {
    rmSync(packed, { recursive: true, force: true });
  }
}
