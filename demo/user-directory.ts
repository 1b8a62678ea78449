import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PACKAGE = "@cellular-flows/node-red-modem";
/** The port of the small internet that the examples name. */
export const INTERNET_PORT = 1881;

interface FlowNode {
  readonly id: string;
}

/** Every example as one flow file; config nodes that examples share stand in it once. */
export function exampleFlows(examples: string, internetPort: number): FlowNode[] {
  const files = readdirSync(examples, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));
  const flows = files.map((name) => JSON.parse(readFileSync(join(examples, name), "utf8")) as FlowNode[]);
  // The ids of the examples count up: the first tab is the one to begin with.
  const ordered = flows.sort(([a], [b]) => (a?.id ?? "").localeCompare(b?.id ?? ""));
  const nodes = [...new Map(ordered.flat().map((node) => [node.id, node])).values()];
  return JSON.parse(withInternetPort(JSON.stringify(nodes), internetPort)) as FlowNode[];
}

/** Flows whose modems send what is meant for demo.example to where the small internet is this time. */
function withInternetPort(flows: string, port: number): string {
  return flows.replaceAll(/(route=demo\.example:80=127\.0\.0\.1:)\d+/g, `$1${port}`);
}

/** What the demo's Node-RED asks of its settings file: loopback only, nothing from outside, no pop-ups. */
function settings(port: number): string {
  return `module.exports = ${JSON.stringify(
    {
      uiPort: port,
      uiHost: "127.0.0.1",
      flowFile: "flows.json",
      credentialSecret: "demo",
      diagnostics: { enabled: false },
      telemetry: { enabled: false, updateNotification: false },
      editorTheme: { tours: false, palette: { catalogues: [] }, projects: { enabled: false } },
      externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false } },
      logging: { console: { level: "info", metrics: false, audit: false } },
    },
    undefined,
    2,
  )};\n`;
}

export interface DemoOptions {
  /** Of Node-RED's editor. */
  readonly port: number;
  readonly internetPort: number;
  /** Throw an earlier demo's flows away. */
  readonly fresh: boolean;
}

/** Makes Node-RED's user directory; flows that someone edited there stay, unless `fresh`. */
export function prepareUserDirectory(directory: string, root: string, options: DemoOptions): void {
  if (options.fresh) rmSync(directory, { recursive: true, force: true });
  const scope = join(directory, "node_modules", PACKAGE.slice(0, PACKAGE.indexOf("/")));
  mkdirSync(scope, { recursive: true });
  const link = join(directory, "node_modules", PACKAGE);
  rmSync(link, { recursive: true, force: true });
  symlinkSync(root, link, "junction");
  writeFileSync(join(directory, "settings.js"), settings(options.port));
  const manifest = { name: "modem-demo", private: true, dependencies: { [PACKAGE]: `file:${root}` } };
  writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
  const flows = join(directory, "flows.json");
  const kept = existsSync(flows) ? readFileSync(flows, "utf8") : undefined;
  const text = kept ?? JSON.stringify(exampleFlows(join(root, "examples"), options.internetPort));
  writeFileSync(flows, withInternetPort(text, options.internetPort));
}
