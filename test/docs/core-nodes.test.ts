import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { MODEM_HTTP_DEFAULTS } from "../../nodes/modem-http/types";
import { NODE_RED_HOME } from "../support/node-red";
import { ROOT } from "../support/paths";

const fromNodeRed = createRequire(join(NODE_RED_HOME, "package.json"));
const CORE = join(dirname(fromNodeRed.resolve("@node-red/nodes/package.json")), "core", "network");
const PAGE = readFileSync(join(ROOT, "docs", "core-nodes.md"), "utf8");

/** A node of the editor, as far as it says what it saves. */
interface Definition {
  readonly defaults?: object;
  readonly credentials?: object;
}

/** What the nodes of a core file save, by running their part of the editor in an empty one. */
function properties(file: string): Map<string, string[]> {
  const html = readFileSync(join(CORE, `${file}.html`), "utf8");
  const types = new Map<string, string[]>();
  // Whatever the scripts ask of the editor is there, can be called, and does nothing.
  const anything: unknown = new Proxy(() => undefined, {
    get: (_target, name) => (name === Symbol.toPrimitive ? () => "" : anything),
    apply: () => anything,
  });
  const registerType = (type: string, { defaults = {}, credentials = {} }: Definition) =>
    types.set(type, [...Object.keys(defaults), ...Object.keys(credentials)]);
  const RED = new Proxy({}, { get: (_target, name) => (name === "nodes" ? { registerType } : anything) });
  for (const [, script = ""] of html.matchAll(/<script type="text\/javascript">([\s\S]*?)<\/script>/g)) {
    runInNewContext(script, { RED, $: anything });
  }
  return types;
}

/** Fields of a message that a core file reads or sets: `msg.x`, and those of the messages that it makes. */
function messageFields(file: string): string[] {
  const code = readFileSync(join(CORE, `${file}.js`), "utf8");
  const used = [...code.matchAll(/\bmsg\.([A-Za-z_]\w*)/g)].map(([, name = ""]) => name);
  const made = [...code.matchAll(/\bmsg\s*=\s*\{([^{}]*)\}/g)].flatMap(([, fields = ""]) =>
    [...fields.matchAll(/(?:^|,)\s*(\w+)\s*:/g)].map(([, name = ""]) => name),
  );
  return [...new Set([...used, ...made])].filter((name) => name !== "hasOwnProperty").sort();
}

/** The first column of a chapter's tables: [names, whose]. */
function rows(chapter: string): { names: string[]; cells: string[] }[] {
  const text = PAGE.split(/^## /m).find((part) => part.startsWith(chapter)) ?? "";
  return text
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => {
      const cells = line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim());
      return { names: [...(cells[0] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name), cells };
    });
}

const CHAPTERS = [
  { file: "21-httprequest", chapter: "`http request`", short: { "http request": "" } },
  { file: "31-tcpin", chapter: "`tcp in`", short: { "tcp in": "in", "tcp out": "out", "tcp request": "request" } },
  { file: "32-udp", chapter: "`udp in`", short: { "udp in": "in", "udp out": "out" } },
  { file: "10-mqtt", chapter: "`mqtt-broker`", short: { "mqtt-broker": "broker", "mqtt in": "in", "mqtt out": "out" } },
  { file: "05-tls", chapter: "`tls-config`", short: { "tls-config": "" } },
] as const;

describe("docs/core-nodes.md", () => {
  it.each(CHAPTERS)("names every property of $chapter, and none that is not there", ({ file, chapter, short }) => {
    const types = properties(file);
    expect([...types.keys()].sort()).toEqual(Object.keys(short).sort());
    const expected = [...types].flatMap(([type, names]) =>
      names.map((name) => `${name} ${(short as Record<string, string>)[type]}`.trim()),
    );
    const told = rows(chapter)
      .filter(({ names }) => !names[0]?.startsWith("msg."))
      .flatMap(({ names, cells: [, whose = ""] }) => {
        const all = Object.values(short) as string[];
        const of = all.length === 1 ? all : whose === "all" || whose === "both" ? all : whose.split(", ");
        return names.flatMap((name) => of.map((node) => `${name} ${node}`.trim()));
      });
    expect(told.sort()).toEqual(expected.sort());
  });

  it.each(CHAPTERS)("names every message field of $chapter, and none that is not there", ({ file, chapter }) => {
    const told = rows(chapter).flatMap(({ names }) => names.filter((name) => name.startsWith("msg.")));
    expect(told.map((name) => name.slice(4)).sort()).toEqual(messageFields(file));
  });

  it("says of each whether it is the same", () => {
    for (const { chapter } of CHAPTERS) {
      for (const { cells, names } of rows(chapter)) {
        const verdict = cells.find((cell) => ["same", "not in a modem", "different"].includes(cell));
        expect(verdict, String(names)).toBeDefined();
        if (verdict === "different") expect(cells.at(-1), String(names)).not.toBe("");
      }
    }
  });

  it("names what modem-http has beyond core", () => {
    const core = properties("21-httprequest").get("http request") ?? [];
    const [, beyond = ""] = /Beyond core: ([^.]*)\./.exec(PAGE) ?? [];
    for (const name of Object.keys(MODEM_HTTP_DEFAULTS)) {
      if (!core.includes(name)) expect(beyond).toContain(`\`${name}\``);
    }
  });
});
