import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/paths";

const PARTS = ["driver", "simulator", "nodes", "locales", "test"];

/** Every file and folder of the parts, with a slash at a folder's end. */
function tree(): string[] {
  return PARTS.flatMap((part) => [
    `${part}/`,
    ...readdirSync(join(ROOT, part), { recursive: true, encoding: "utf8" }).map((below) => {
      const path = join(part, below);
      return statSync(join(ROOT, path)).isDirectory() ? `${path}/` : path;
    }),
  ]);
}

/** What the page names in code marks: files, and folders that end in a slash. */
const named = (page: string): string[] =>
  [...page.matchAll(/`([a-z][\w-]*(?:\/[\w.-]+)*(?:\.ts|\.json|\/))`/g)].map(([, path]) => path ?? "");

describe("docs/architecture.md", () => {
  it("names files and folders that are there", () => {
    const page = readFileSync(join(ROOT, "docs", "architecture.md"), "utf8");
    const there = tree();
    const missing = named(page).filter((path) => !there.some((one) => `/${one}`.endsWith(`/${path}`)));
    expect(named(page).length).toBeGreaterThan(20);
    expect(missing).toEqual([]);
  });
});
