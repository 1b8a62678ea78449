import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CREDENTIAL_SECRET, type Credentials, credentialFile } from "./credentials";

const PACKAGE = "@cellular-flows/node-red-modem";

interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly port?: unknown;
  /** As in the example; Node-RED keeps them in a separate file. */
  readonly credentials?: object;
}

/** All examples as one flow file; shared config nodes appear once. */
export function exampleFlows(examples: string): FlowNode[] {
  const files = readdirSync(examples, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));
  const flows = files.map((name) => JSON.parse(readFileSync(join(examples, name), "utf8")) as FlowNode[]);
  // The ids of the examples ascend, so the first tab is the one to begin with.
  const ordered = flows.sort(([a], [b]) => (a?.id ?? "").localeCompare(b?.id ?? ""));
  return [...new Map(ordered.flat().map((node) => [node.id, node])).values()];
}

/** Routes to what earlier demos served on loopback (HTTP, RFC 862); the simulator plays these hosts itself. */
const FORMER_ROUTE = /^route=(demo\.example:(80|443|7)|127\.0\.0\.1:7|meter\.example:7000)=127\.0\.0\.1:\d+$/;
const FORMER_LISTENER = /^route=0\.0\.0\.0:7000=127\.0\.0\.1:\d+$/;

/** Leads the simulated modems of an earlier demo to the hosts that the simulator plays. */
export function withoutFormerServers(nodes: readonly FlowNode[]): FlowNode[] {
  return nodes.map((node) => {
    if (node.type !== "modem" || typeof node.port !== "string" || !node.port.startsWith("sim:")) return node;
    const [model = "", query = ""] = node.port.split("?", 2);
    const options = query
      .split("&")
      .filter((option) => !FORMER_ROUTE.test(option))
      .map((option) => option.replace(FORMER_LISTENER, "route=0.0.0.0:*=meter.example:*"));
    return { ...node, port: [model, options.join("&")].filter((part) => part !== "").join("?") };
  });
}

/** Flows as Node-RED stores them: without the credentials, which have their own file. */
export function withoutCredentials(nodes: readonly FlowNode[]): { flows: object[]; credentials: Credentials } {
  const holders = nodes.filter((node) => node.credentials !== undefined);
  return {
    flows: nodes.map(({ credentials: _, ...node }) => node),
    credentials: Object.fromEntries(holders.map((node) => [node.id, node.credentials])),
  };
}

/** The settings file of the demo's Node-RED: loopback only, nothing from outside, no pop-ups. */
export function settingsFile(port: number): string {
  return `module.exports = ${JSON.stringify(
    {
      uiPort: port,
      uiHost: "127.0.0.1",
      flowFile: "flows.json",
      credentialSecret: CREDENTIAL_SECRET,
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
  /** Discard the flows of an earlier demo. */
  readonly fresh: boolean;
}

/** Makes Node-RED's user directory; keeps edited flows unless `fresh`. */
export function prepareUserDirectory(directory: string, root: string, options: DemoOptions): void {
  if (options.fresh) rmSync(directory, { recursive: true, force: true });
  const scope = join(directory, "node_modules", PACKAGE.slice(0, PACKAGE.indexOf("/")));
  mkdirSync(scope, { recursive: true });
  const link = join(directory, "node_modules", PACKAGE);
  rmSync(link, { recursive: true, force: true });
  symlinkSync(root, link, "junction");
  writeFileSync(join(directory, "settings.js"), settingsFile(options.port));
  const manifest = { name: "modem-demo", private: true, dependencies: { [PACKAGE]: `file:${root}` } };
  writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
  writeFlows(directory, join(root, "examples"));
}

function writeFlows(directory: string, examples: string): void {
  const file = join(directory, "flows.json");
  if (existsSync(file)) {
    const kept = JSON.parse(readFileSync(file, "utf8")) as FlowNode[];
    writeFileSync(file, JSON.stringify(withoutFormerServers(kept)));
    return;
  }
  const { flows, credentials } = withoutCredentials(exampleFlows(examples));
  writeFileSync(file, JSON.stringify(flows));
  writeFileSync(join(directory, "flows_cred.json"), credentialFile(credentials));
}
