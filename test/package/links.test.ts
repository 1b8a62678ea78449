import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../support/paths";

interface PackList {
  readonly files: readonly { readonly path: string }[];
}

/** Targets of links and pictures, in Markdown and in HTML, that are not on the web and not in the same page. */
function localTargets(text: string): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, "");
  const found = [...prose.matchAll(/\]\(([^)\s]+)[^)]*\)|(?:src|href)="([^"]+)"/g)];
  return found.map(([, link, attribute]) => link ?? attribute ?? "").filter((target) => !/^(https?:|#)/.test(target));
}

describe("pages in the package", () => {
  let packed: string[];

  beforeAll(() => {
    const list = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: ROOT,
      encoding: "utf8",
    });
    packed = (JSON.parse(list) as PackList[]).flatMap(({ files }) => files.map(({ path }) => path));
  }, 60_000);

  it("lead to pages and pictures that are in the package as well", () => {
    const pages = packed.filter((path) => path.endsWith(".md"));
    expect(pages).toContain("README.md");
    const missing = pages.flatMap((page) =>
      localTargets(readFileSync(join(ROOT, page), "utf8"))
        .map((target) => posix.join(posix.dirname(page), decodeURI(target.replace(/#.*$/, ""))))
        .filter((target) => !packed.includes(target))
        .map((target) => `${page} → ${target}`),
    );
    expect(missing).toEqual([]);
  });
});
