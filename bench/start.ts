/**
 * What the package adds to the start of a bare Node-RED that has one modem node with a serial port. `BEFORE` names the
 * folder of another build of this package to compare with: `BEFORE=../before npm run bench -- start`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { settingsFile } from "../demo/user-directory";
import { freePort, NODE_RED_HOME } from "../test/support/node-red";
import { ROOT } from "../test/support/paths";
import { atMost, type BenchRow } from "./row";
import { START_COST, type StartCost } from "./start-probe";

/** Starts of each Node-RED. They take turns, and rounds are compared, so that what else the machine does meets them all. */
const RUNS = 31;
/** Of what was there before: of the processor time that the package adds. */
const MOST = 1 / 3;

const FLOWS = [
  { id: "modem", type: "modem", version: 1, port: "/dev/serial/by-id/usb-none", baudRate: 115200, model: "auto" },
];

/** A user directory with a build of the package, or with none. */
async function userDirectory(folder: string, build: string | undefined): Promise<string> {
  const scope = join(folder, "node_modules", "@cellular-flows");
  mkdirSync(scope, { recursive: true });
  if (build !== undefined) symlinkSync(build, join(scope, "node-red-modem"), "junction");
  writeFileSync(join(folder, "settings.js"), settingsFile(await freePort()));
  writeFileSync(join(folder, "flows.json"), JSON.stringify(build === undefined ? [] : FLOWS));
  return folder;
}

function start(probe: string, directory: string): StartCost {
  const command = ["--require", probe, join(NODE_RED_HOME, "red.js"), "-u", directory];
  const printed = execFileSync(process.execPath, command, { encoding: "utf8", timeout: 60_000 });
  const line = printed.split("\n").find((text) => text.startsWith(START_COST));
  if (line === undefined || printed.includes("missing types")) throw new Error(`Node-RED didn't start:\n${printed}`);
  return JSON.parse(line.slice(START_COST.length)) as StartCost;
}

/** Medians, each for itself, of what `costs` are above those of the same round in `others`. */
function medians(costs: readonly StartCost[], others: readonly StartCost[] = []): StartCost {
  const median = (key: keyof StartCost): number =>
    costs.map((cost, round) => cost[key] - (others[round]?.[key] ?? 0)).sort((a, b) => a - b)[
      Math.floor(costs.length / 2)
    ] ?? Number.NaN;
  return { cpu: median("cpu"), memory: median("memory"), files: median("files") };
}

/** The cost of a start without the package, and what each of the builds adds. */
async function measure(folder: string, builds: readonly string[]): Promise<{ bare: StartCost; added: StartCost[] }> {
  const probe = join(folder, "probe.js");
  buildSync({ entryPoints: [join(__dirname, "start-probe.ts")], outfile: probe, format: "cjs", platform: "node" });
  const candidates = await Promise.all(
    [undefined, ...builds].map(async (build, index) => ({
      directory: await userDirectory(join(folder, String(index)), build),
      costs: [] as StartCost[],
    })),
  );
  // The first start of each warms the system's caches and writes what Node-RED keeps.
  for (const { directory } of candidates) start(probe, directory);
  for (let run = 0; run < RUNS; run += 1) {
    for (const { directory, costs } of candidates) costs.push(start(probe, directory));
  }
  const [bare = [], ...withBuild] = candidates.map(({ costs }) => costs);
  return { bare: medians(bare), added: withBuild.map((costs) => medians(costs, bare)) };
}

function rowsOf(what: string, { cpu, memory, files }: StartCost): BenchRow[] {
  return [
    { name: `${what}: processor time`, value: cpu, unit: "ms" },
    { name: `${what}: resident memory`, value: memory, unit: "MB" },
    { name: `${what}: files read`, value: files, unit: "" },
  ];
}

export async function run(): Promise<BenchRow[]> {
  execFileSync(process.execPath, [join(ROOT, "scripts", "build.mjs"), "--if-needed"], { stdio: "inherit" });
  const { BEFORE } = process.env;
  const folder = mkdtempSync(join(tmpdir(), "bench-start-"));
  try {
    const { bare, added } = await measure(folder, [ROOT, ...(BEFORE === undefined ? [] : [resolve(BEFORE)])]);
    const [now, before] = added;
    if (now === undefined) throw new Error("nothing was measured");
    const rows = [...rowsOf("Start of a bare Node-RED", bare), ...rowsOf("The package adds to a start", now)];
    if (before === undefined) return rows;
    const share = { name: "Processor time added, of what it was before", value: now.cpu / before.cpu, unit: "" };
    return [...rows, ...rowsOf("Before, the package added", before), atMost(Number(MOST.toFixed(3)), share)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
