import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningNodeRed, startNodeRed } from "../support/node-red";
import { ROOT } from "../support/paths";

interface NodeSet {
  readonly id: string;
  readonly module: string;
  readonly types: string[];
  readonly enabled: boolean;
  readonly err?: string;
}

const PACKAGE = "@cellular-flows/node-red-modem";
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const TYPES = Object.keys(manifest["node-red"].nodes);

const npm = (args: string[], cwd: string): string =>
  execFileSync("npm", [...args, "--loglevel=error", "--no-audit", "--no-fund"], { cwd, encoding: "utf8" });

describe("the package, packed and installed into an empty Node-RED", () => {
  let nodeRed: RunningNodeRed;
  let packed: string;

  beforeAll(async () => {
    packed = mkdtempSync(join(tmpdir(), "modem-pack-"));
    const tarball =
      npm(["pack", "--ignore-scripts", "--pack-destination", packed], ROOT).trim().split("\n").at(-1) ?? "";
    const directory = mkdtempSync(join(tmpdir(), "node-red-empty-"));
    writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "empty", private: true }));
    npm(["install", join(packed, tarball)], directory);
    nodeRed = await startNodeRed(directory);
  }, 180_000);

  afterAll(async () => {
    await nodeRed?.stop();
    rmSync(packed, { recursive: true, force: true });
  });

  it("registers every node type without an error", async () => {
    const sets = ((await (await nodeRed.get("nodes")).json()) as NodeSet[]).filter((set) => set.module === PACKAGE);
    expect(sets.map((set) => set.err).filter(Boolean)).toEqual([]);
    expect(sets.flatMap((set) => set.types).sort()).toEqual([...TYPES].sort());
    expect(sets.every((set) => set.enabled)).toBe(true);
  });

  it("serves an icon, help and a catalogue for every flow node", async () => {
    const icons = ((await (await nodeRed.get("icons")).json()) as Record<string, string[]>)[PACKAGE] ?? [];
    const html = await (await nodeRed.get("nodes", { accept: "text/html" })).text();
    for (const type of TYPES) {
      const catalogue = await nodeRed.get(`locales/${PACKAGE}/${type}?lng=en-US`);
      expect(Object.keys((await catalogue.json()) as object), type).not.toEqual([]);
      expect(html, type).toMatch(new RegExp(`data-help-name="${type}"`));
      const icon = new RegExp(`registerType\\("${type}", \\{[^]*?icon: "([^"]+)"`).exec(html)?.[1];
      if (type !== "modem") expect(icons, type).toContain(icon);
    }
  });

  it("offers every example for import", async () => {
    const examples = readdirSync(join(ROOT, "examples"), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".json"),
    );
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const folder = `library/examples/flows/${PACKAGE}/${dirname(example)}`;
      const listed = JSON.stringify(await (await nodeRed.get(folder)).json());
      expect(listed, example).toContain(basename(example, ".json"));
      const served = await nodeRed.get(`${folder}/${encodeURIComponent(basename(example, ".json"))}`);
      expect(await served.json(), example).toEqual(JSON.parse(readFileSync(join(ROOT, "examples", example), "utf8")));
    }
  });

  it("brings the simulator's command", async () => {
    const help = execFileSync(process.execPath, [join(ROOT, "dist", "simulator", "cli.js"), "--help"], {
      encoding: "utf8",
    });
    expect(help).toContain("--pty LINK");
  });
});
