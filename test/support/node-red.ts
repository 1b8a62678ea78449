import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ask } from "./ask";
import { ROOT } from "./paths";

/** `NODE_RED_HOME` picks another Node-RED than the development dependency. */
export const NODE_RED_HOME = process.env.NODE_RED_HOME ?? dirname(require.resolve("node-red/package.json"));

/** A real Node-RED in a process of its own. */
export interface RunningNodeRed {
  readonly url: string;
  readonly pid: number;
  readonly log: () => string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  deploy(flows: readonly object[], credentials?: Record<string, object>): Promise<void>;
  /** With `keep` its user directory stays, for the next start. */
  stop(options?: { keep: boolean }): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** A new user directory in which this checkout is installed, as `npm install` of a folder does it. */
export function userDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "node-red-user-"));
  const scope = join(directory, "node_modules", "@cellular-flows");
  mkdirSync(scope, { recursive: true });
  symlinkSync(ROOT, join(scope, "node-red-modem"), "junction");
  return directory;
}

function settings(port: number, changes: object): string {
  const value = {
    uiPort: port,
    uiHost: "127.0.0.1",
    flowFile: "flows.json",
    credentialSecret: "test",
    diagnostics: { enabled: false },
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, palette: { catalogues: [], editable: false }, projects: { enabled: false } },
    externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false } },
    logging: { console: { level: "info", metrics: false, audit: false } },
    ...changes,
  };
  return `module.exports = ${JSON.stringify(value)};`;
}

/**
 * @param flows left out, a directory that has been in use starts with what was deployed there
 * @param changes of what is in its settings file
 */
export async function startNodeRed(
  directory: string,
  flows?: readonly object[],
  changes: object = {},
): Promise<RunningNodeRed> {
  const port = await freePort();
  writeFileSync(join(directory, "settings.js"), settings(port, changes));
  const file = join(directory, "flows.json");
  if (flows !== undefined || !existsSync(file)) writeFileSync(file, JSON.stringify(flows ?? []));
  const child = spawn(process.execPath, [join(NODE_RED_HOME, "red.js"), "-u", directory], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  const started = new Promise<void>((resolve, reject) => {
    const take = (text: Buffer) => {
      log += text.toString();
      if (log.includes("Started flows")) resolve();
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    child.once("exit", (code) => reject(new Error(`Node-RED ended with ${code}:\n${log}`)));
  });
  await started;
  const url = `http://127.0.0.1:${port}/`;
  return {
    url,
    pid: child.pid ?? 0,
    log: () => log,
    get: (path, headers = {}) => ask(new URL(path, url), { headers: { accept: "application/json", ...headers } }),
    deploy: (nodes, credentials) => deploy(url, nodes, credentials),
    stop: ({ keep } = { keep: false }) => stop(child, keep ? undefined : directory),
  };
}

async function deploy(url: string, flows: readonly object[], credentials?: Record<string, object>): Promise<void> {
  const response = await ask(new URL("flows", url), {
    method: "POST",
    headers: { "content-type": "application/json", "node-red-api-version": "v2", "node-red-deployment-type": "full" },
    body: JSON.stringify(credentials === undefined ? { flows } : { flows, credentials }),
  });
  if (!response.ok) throw new Error(`deploy: ${response.status} ${await response.text()}`);
}

async function stop(child: ChildProcess, directory: string | undefined): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
}
