import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../support/paths";

interface Freshness {
  isFresh(root: string): boolean;
  markBuilt(root: string, started: number): void;
}

/** ms since 1970 */
const BUILT = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

describe("whether a build is newer than its sources", () => {
  let root: string;
  let freshness: Freshness;

  const touch = (path: string, time: number): void => utimesSync(join(root, path), new Date(time), new Date(time));

  beforeEach(async () => {
    freshness = (await import(pathToFileURL(join(ROOT, "scripts", "freshness.mjs")).href)) as Freshness;
    root = mkdtempSync(join(tmpdir(), "freshness-"));
    mkdirSync(join(root, "driver", "at"), { recursive: true });
    mkdirSync(join(root, "dist"));
    for (const path of ["driver/at/line.ts", "package.json", "README.md"]) writeFileSync(join(root, path), "");
    for (const path of ["driver/at/line.ts", "driver/at", "driver", "package.json"]) touch(path, BUILT - HOUR_MS);
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("is false where nothing was built, or a build broke off", () => {
    expect(freshness.isFresh(root)).toBe(false);
  });

  it("is true when no source has changed since, whatever else has", () => {
    freshness.markBuilt(root, BUILT);
    expect(freshness.isFresh(root)).toBe(true);
  });

  it.each(["driver/at/line.ts", "package.json"])("is false when %s has changed since the build began", (path) => {
    freshness.markBuilt(root, BUILT);
    touch(path, BUILT);
    expect(freshness.isFresh(root)).toBe(false);
  });

  it("is false when a source has gone", () => {
    freshness.markBuilt(root, BUILT);
    rmSync(join(root, "driver", "at", "line.ts"));
    expect(freshness.isFresh(root)).toBe(false);
  });
});
