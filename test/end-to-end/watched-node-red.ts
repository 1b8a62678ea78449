import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import WebSocket from "ws";
import { ask } from "../support/ask";
import { type OpenServer, openServer } from "../support/listen";
import { type RunningNodeRed, startNodeRed, userDirectory } from "../support/node-red";

/** A flow node under test; its wires are the watcher's. */
export type Target = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

/** How a message ended, as its flow got to see it. */
export interface Ended {
  /** `own`: from modem-at, whose answers are its flow's own. */
  readonly kind: "out" | "own" | "error";
  /** Of an output message. */
  readonly payload?: unknown;
  readonly password?: unknown;
  readonly error?: { readonly code?: string; readonly message?: string };
}

/** A message of a second output. */
export interface Event {
  readonly node: string;
  readonly payload: Record<string, unknown>;
}

interface Report extends Ended {
  readonly step?: string;
  readonly node?: string;
}

const SETTINGS = {
  // What the sidebar cuts off might be the secret.
  debugMaxLength: 1_000_000,
  diagnostics: { enabled: true, ui: true },
  logging: { console: { level: "trace", metrics: true, audit: true } },
};
/** ms until a message must have ended. */
const PATIENCE = 120_000;

/** A Node-RED in a process of its own, with everybody in it who watches flows: editor, log, Catch, Status, Complete. */
export class WatchedNodeRed {
  /** What second outputs, and modem-at, have given to their flow: theirs to keep. */
  readonly events: Event[] = [];
  #nodeRed: RunningNodeRed | undefined;
  #socket: WebSocket | undefined;
  readonly #reports: Server;
  #open: OpenServer | undefined;
  #comms = "";
  #told = "";
  readonly #waiting = new Map<string, (ended: Ended) => void>();
  #targets: readonly Target[] = [];
  #steps = 0;
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#reports = createServer((socket) => {
      let text = "";
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        const lines = (text + chunk.toString("utf8")).split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) this.#report(line);
      });
    });
  }

  static async start(): Promise<WatchedNodeRed> {
    const watched = new WatchedNodeRed(userDirectory());
    watched.#open = await openServer(watched.#reports);
    watched.#nodeRed = await startNodeRed(watched.#directory, [], SETTINGS);
    const socket = new WebSocket(`${watched.#nodeRed.url.replace("http", "ws")}comms`);
    watched.#socket = socket;
    socket.on("message", (data) => {
      watched.#comms += `${String(data)}\n`;
    });
    await once(socket, "open");
    for (const topic of ["debug", "status/#", "notification/#"]) socket.send(JSON.stringify({ subscribe: topic }));
    return watched;
  }

  /** Deploys config nodes, and flow nodes with all that watches them; those on the tab `uncaught` have no Catch node. */
  async deploy(configs: readonly object[], targets: readonly Target[], credentials: Record<string, object>) {
    this.#targets = targets;
    await this.#running.deploy([...configs, ...this.#watchers(), ...targets.flatMap(wired)], credentials);
  }

  /** Gives a message to a node; resolves when it has ended. */
  async give(node: string, message: object): Promise<Ended> {
    this.#steps += 1;
    const step = `step-${this.#steps}`;
    const ended = new Promise<Ended>((resolve) => this.#waiting.set(step, resolve));
    await this.send(node, { ...message, step });
    const late = setTimeout(PATIENCE, undefined, { ref: false }).then(() => {
      throw new Error(`${node} has not answered ${JSON.stringify(Object.keys(message))}`);
    });
    return Promise.race([ended, late]);
  }

  async send(node: string, message: object): Promise<void> {
    const url = new URL(`inject/${encodeURIComponent(`go-${node}`)}`, this.#running.url);
    const properties = Object.entries(message).map(([p, value]) => typed(p, value));
    const request = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ __user_inject_props__: properties }),
    };
    // A deploy is answered before its flows have started.
    while ((await ask(url, request)).status === 404) await setTimeout(20);
  }

  async post(path: string, body: object): Promise<unknown> {
    const response = await ask(new URL(path, this.#running.url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.text();
    this.#told += `${answer}\n`;
    return JSON.parse(answer);
  }

  get log(): string {
    return this.#running.log();
  }

  /** All that anybody gets to see, by where. */
  async everything(): Promise<ReadonlyMap<string, string>> {
    const seen = new Map([
      ["log", this.log],
      ["comms", this.#comms],
      ["messages", this.#told],
    ]);
    for (const path of this.#adminPaths()) {
      const answers = await Promise.all(
        ["v1", "v2"].map(async (version) =>
          (await this.#running.get(path, { "node-red-api-version": version })).text(),
        ),
      );
      seen.set(`GET ${path}`, answers.join("\n"));
    }
    for (const file of readdirSync(this.#directory, { withFileTypes: true, recursive: true })) {
      const name = join(file.parentPath, file.name);
      if (file.isFile()) seen.set(name.slice(this.#directory.length), readFileSync(name, "latin1"));
    }
    return seen;
  }

  async stop(): Promise<void> {
    this.#socket?.terminate();
    await this.#nodeRed?.stop();
    await this.#open?.close();
  }

  get #running(): RunningNodeRed {
    if (this.#nodeRed === undefined) throw new Error("Node-RED does not run");
    return this.#nodeRed;
  }

  #adminPaths(): string[] {
    const general = ["flows", "flow/tab", "flow/uncaught", "flow/global", "nodes", "settings", "settings/user"];
    const nodes = this.#targets.flatMap(({ id, type }) => [
      `context/node/${encodeURIComponent(id)}`,
      `credentials/${type}/${encodeURIComponent(id)}`,
    ]);
    const configs = this.#configs.map(({ id, type }) => `credentials/${type}/${id}`);
    return [...general, "diagnostics", "context/global", "context/flow/tab", ...nodes, ...configs];
  }

  get #configs(): readonly Target[] {
    const { modems, profiles } = this.#used;
    return [
      ...[...modems].map((id) => ({ id, type: "modem" })),
      ...[...profiles].map((id) => ({ id, type: "modem-tls" })),
    ];
  }

  get #used() {
    const ids = (name: string) => new Set(this.#targets.flatMap((target) => String(target[name] ?? "") || []));
    return { modems: ids("modem"), profiles: ids("tls") };
  }

  #report(line: string): void {
    const report = JSON.parse(line) as Report & { own?: boolean };
    if (report.own !== true) this.#told += `${line}\n`;
    if (report.node !== undefined) this.events.push({ node: report.node, payload: report.payload as Event["payload"] });
    const end = this.#waiting.get(report.step ?? "");
    if (end === undefined) return;
    this.#waiting.delete(report.step ?? "");
    end(report);
  }

  #watchers(): object[] {
    const place = { z: "tab", x: 100, y: 100 };
    const port = String(this.#open?.port);
    const debug = { type: "debug", ...place, tosidebar: true, console: "true", active: true, wires: [] };
    const seen = this.#targets.filter(({ type }) => type !== "modem-at").map(({ id }) => id);
    return [
      { id: "tab", type: "tab", label: "caught" },
      { id: "uncaught", type: "tab", label: "uncaught" },
      { id: "tell", type: "tcp out", ...place, host: "127.0.0.1", port, beserver: "client", end: false, wires: [] },
      { ...debug, id: "show", complete: "true" },
      { ...debug, id: "show-error", complete: "error" },
      { ...debug, id: "show-status", complete: "status" },
      { id: "catch", type: "catch", ...place, scope: null, wires: [["show-error", "error"]] },
      { id: "status", type: "status", ...place, scope: null, wires: [["show-status"]] },
      { id: "complete", type: "complete", ...place, scope: seen, wires: [["show"]] },
      report("out", "step: msg.step, payload: msg.payload, password: msg.password"),
      report("error", "step: msg.step, error: msg.error"),
      report("own", "step: msg.step, payload: msg.payload, own: true"),
    ];
  }
}

/** A function node that tells the test of a message. */
function report(kind: string, properties: string): object {
  const func = `return { payload: JSON.stringify({ kind: "${kind}", ${properties} }) + "\\n" };`;
  return { id: kind, type: "function", z: "tab", x: 100, y: 100, func, outputs: 1, libs: [], wires: [["tell"]] };
}

/** A flow node with its button, and what hears its second output. */
function wired(target: Target): object[] {
  const { id, type, z = "tab" } = target;
  const place = { z, x: 100, y: 100 };
  const event = {
    ...report("own", `node: ${JSON.stringify(id)}, payload: msg.payload, own: true`),
    id: `event-${id}`,
    ...place,
  };
  const first = type === "modem-at" ? ["own"] : ["show", "out"];
  return [
    { id: `go-${id}`, type: "inject", ...place, props: [], repeat: "", once: false, wires: [[id]] },
    { ...place, ...target, wires: [first, [`event-${id}`]] },
    event,
  ];
}

/** A property as an inject node takes it. */
function typed(p: string, value: unknown): object {
  if (Buffer.isBuffer(value)) return { p, v: JSON.stringify([...value]), vt: "bin" };
  if (typeof value === "string") return { p, v: value, vt: "str" };
  return { p, v: JSON.stringify(value), vt: "json" };
}
