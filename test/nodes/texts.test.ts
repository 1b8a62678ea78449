import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../driver/errors";
import { ROOT } from "../support/paths";

const NODES = readdirSync(join(ROOT, "nodes")).filter((name) => name !== "common");
const LANGUAGES = readdirSync(join(ROOT, "locales"));
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), "utf8");
/** Not every node has each of these files. */
const readIf = (...path: string[]) => (existsSync(join(ROOT, ...path)) ? read(...path) : "");
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? "");

type Catalogue = { readonly [key: string]: string | Catalogue };

function keys(catalogue: Catalogue, prefix = ""): string[] {
  return Object.entries(catalogue).flatMap(([key, value]) =>
    typeof value === "string" ? [prefix + key] : keys(value, `${prefix}${key}.`),
  );
}

const catalogueKeys = (language: string, node: string) => keys(JSON.parse(read("locales", language, `${node}.json`)));

describe.each(NODES)("the texts of %s", (node) => {
  const html = read("nodes", node, "editor.html");
  const code = ["editor.ts", "runtime.ts", "operation.ts"].map((file) => readIf("nodes", node, file)).join("");

  it("are all in the catalogue, and the catalogue holds no others", () => {
    const inDialog = all(html, /data-i18n="([^"]+)"/g).flatMap((keys) =>
      keys.split(";").map((key) => key.replace(/^\[.*\]/, "")),
    );
    const inCode = all(code, /\b_\(\s*(?:index === 0 \? )?"([^"]+)"/g).concat(
      all(code, /_\(index === 0 \? "[^"]+" : "([^"]+)"/g),
    );
    const used = new Set([...inDialog, ...inCode]);
    const known = catalogueKeys("en-US", node);
    expect([...used].filter((key) => !known.includes(key))).toEqual([]);
    const own = known.filter((key) => key.startsWith(`${node}.`) && key !== "modem.simulated");
    expect(own.filter((key) => !used.has(key))).toEqual([]);
  });

  it("have the same keys in every language, and a help", () => {
    for (const language of LANGUAGES) {
      expect(catalogueKeys(language, node).sort(), language).toEqual(catalogueKeys("en-US", node).sort());
      expect(read("locales", language, `${node}.html`)).toContain(`data-help-name="${node}"`);
    }
  });

  it("name every input of the dialog", () => {
    const inputs = all(html, /<(?:input|select|textarea)[^>]* id="([^"]+)"/g);
    const labelled = all(html, /<label[^>]* for="([^"]+)"/g).concat(
      all(html, /<(?:input|select|textarea)[^>]* id="([^"]+)"[^>]*\[aria-label\]/g),
    );
    expect([...inputs].sort()).toEqual([...labelled].sort());
  });

  it("stand on the theme's colours only", () => {
    expect(html).not.toMatch(/#[0-9a-f]{3,8}\b|rgba?\(|:\s*(white|black|red|gr[ae]y)\b/i);
    for (const name of all(html, /class="([^"]+)"/g).flatMap((names) => names.split(" "))) {
      expect(name).toMatch(/^(form-row|fa|fa-[\w-]+|red-ui-button|cellular-modem-[\w-]+)$/);
    }
  });

  it("and its icon are there", () => {
    const icon = /icon: "([^"]+)"/.exec(code)?.[1];
    if (code.includes('category: "config"')) expect(icon).toBeUndefined();
    else {
      expect(existsSync(join(ROOT, "icons", icon ?? "missing"))).toBe(true);
      expect(read("icons", icon ?? "")).toMatch(/width="40" height="60"/);
    }
  });
});

describe("the texts that all nodes share", () => {
  const known = catalogueKeys("en-US", "modem");

  it("hold a short reason for every error code", () => {
    const reasons = JSON.parse(read("locales", "en-US", "modem.json")).status.error;
    expect(Object.keys(reasons).sort()).toEqual([...ERROR_CODES, "other"].sort());
    for (const reason of Object.values(reasons)) expect(String(reason).length).toBeLessThanOrEqual(20);
  });

  it("hold every key that the code names", () => {
    const files = readdirSync(join(ROOT, "nodes"), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".ts"),
    );
    const code = files.map((name) => read("nodes", name)).join("\n");
    const used = all(code, /sharedText\((?:[\w.]+, )?"([^"]+)"/g).concat(all(code, /"(status\.[\w.]+)"/g));
    expect(used.length).toBeGreaterThan(10);
    expect(used.filter((key) => !known.includes(key))).toEqual([]);
  });
});
