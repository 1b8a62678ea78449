import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningNodeRed } from "../support/node-red";
import { ROOT } from "../support/paths";
import { emptyNodeRed } from "./empty-node-red";

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

describe("the package, packed and installed into an empty Node-RED", () => {
  let nodeRed: RunningNodeRed;

  beforeAll(async () => {
    nodeRed = await emptyNodeRed();
  }, 180_000);

  afterAll(async () => {
    await nodeRed?.stop();
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
