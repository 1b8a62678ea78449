// Whether dist/ is of the sources as they are.
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Everything that a build reads, folders by their names alone: a file that went away shows in its folder's time. */
const SOURCES = [
  "driver",
  "simulator",
  "nodes",
  "demo",
  "icons",
  "locales",
  "scripts",
  "package.json",
  // What was installed: it brings the compiler and the bundler.
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.build.json",
];

/** Written last, so that a build that broke off is none. */
const MARK = ["dist", ".built"];

/** @param root the package's folder */
export function isFresh(root) {
  const mark = join(root, ...MARK);
  if (!existsSync(mark)) return false;
  const built = statSync(mark).mtimeMs;
  return SOURCES.every((source) => !isNewer(join(root, source), built));
}

/** @param started ms since 1970: what was changed while it was built is newer */
export function markBuilt(root, started) {
  const mark = join(root, ...MARK);
  writeFileSync(mark, "");
  utimesSync(mark, new Date(started), new Date(started));
}

function isNewer(path, time) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (stats.mtimeMs >= time) return true;
  return stats.isDirectory() && readdirSync(path).some((name) => isNewer(join(path, name), time));
}
