import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildSync } from "esbuild";
import { ROOT } from "./paths";

const bundles = new Map<string, string>();

/** A program of this repository in one file, built once a test file; what it needs from npm stays outside. */
export function bundled(program: string): string {
  const known = bundles.get(program);
  if (known !== undefined) return known;
  const folder = mkdtempSync(path.join(tmpdir(), "bundle-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const outfile = path.join(folder, `${path.basename(program, ".ts")}.js`);
  const entryPoints = [path.join(ROOT, program)];
  buildSync({ entryPoints, bundle: true, platform: "node", external: ["serialport"], outfile, logLevel: "error" });
  bundles.set(program, outfile);
  return outfile;
}
