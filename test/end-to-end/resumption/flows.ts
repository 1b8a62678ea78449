import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { SessionRecord } from "../../../driver/services/security/security";
import { ask } from "../../support/ask";
import { type OpenServer, openServer } from "../../support/listen";
import { type RunningNodeRed, startNodeRed } from "../../support/node-red";
import { pem } from "../tls/bench";
import { KINDS } from "./resumption";

/** A name that can stand in ids of nodes. */
export const nameOf = ({ name }: { readonly name: string }): string => name.replace(", ", "-");
const NAMES = KINDS.map(nameOf);

/** A message of the second output of modem-tls-profile. */
export interface SessionEvent {
  /** Name of the kind. */
  readonly node: string;
  readonly event: "session";
  readonly payload: SessionRecord;
}

interface Report {
  readonly node: string;
  readonly payload?: unknown;
  readonly error?: unknown;
}

/** Node-RED's own word for all that it can tell. */
const TELL_ALL = {
  logging: { console: { level: "trace", metrics: false, audit: false } },
  diagnostics: { enabled: true, ui: true },
};

/** Listens to the flows; outlives the Node-RED in which they run. */
export class Listener {
  /** Session events of all flows, in their order. */
  readonly told: SessionEvent[] = [];
  readonly #waiting = new Map<string, (report: Report) => void>();
  #open: OpenServer | undefined;
  readonly #server = createServer((socket) => {
    let text = "";
    socket.on("data", (chunk) => {
      const lines = (text + chunk.toString("utf8")).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) this.#take(JSON.parse(line));
    });
  });

  async start(): Promise<void> {
    this.#open = await openServer(this.#server);
  }

  get port(): number {
    return this.#open?.port ?? 0;
  }

  /** The next report of a node. */
  next(node: string): Promise<Report> {
    return new Promise((resolve) => this.#waiting.set(node, resolve));
  }

  async stop(): Promise<void> {
    await this.#open?.close();
  }

  #take(report: Report | SessionEvent): void {
    if ("event" in report) this.told.push(report);
    else this.#waiting.get(report.node)?.(report);
  }
}

/** One Node-RED with a modem, and for each kind of session a security profile, a request and a node `modem-tls-profile`. */
export class SessionFlows {
  readonly #directory: string;
  readonly #listener: Listener;
  readonly #nodeRed: RunningNodeRed;

  private constructor(directory: string, listener: Listener, nodeRed: RunningNodeRed) {
    this.#directory = directory;
    this.#listener = listener;
    this.#nodeRed = nodeRed;
  }

  static async start(directory: string, listener: Listener): Promise<SessionFlows> {
    return new SessionFlows(directory, listener, await startNodeRed(directory, undefined, TELL_ALL));
  }

  /** @param ports of the servers, by kind */
  async deploy(modem: string, ports: ReadonlyMap<string, number>): Promise<void> {
    const credentials = Object.fromEntries(NAMES.map((name) => [`tls-${name}`, { ca: pem("ca.cert").toString() }]));
    await this.#nodeRed.deploy(flows(modem, ports, this.#listener.port), credentials);
  }

  /** Presses the button in front of a node; resolves to what that gives. */
  async press(node: string, message: object = {}): Promise<unknown> {
    const answer = this.#listener.next(node);
    const properties = Object.entries(message).map(([p, value]) => ({ p, v: JSON.stringify(value), vt: "json" }));
    const request = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ __user_inject_props__: properties }),
    };
    // A deploy is answered before its flows have started.
    while ((await ask(new URL(`inject/go-${node}`, this.#nodeRed.url), request)).status === 404) await setTimeout(20);
    const { payload, error } = await answer;
    if (error !== undefined) throw new Error(`${node}: ${JSON.stringify(error)}`);
    return payload;
  }

  /** Restarts the modem; resolves when the driver has seen it: requests wait from then on. */
  async restartModem(): Promise<void> {
    const restarted = this.#listener.next("restarted");
    await this.press("at");
    await restarted;
  }

  /** What anybody gets to see: the log, answers of the admin API, files. */
  async everything(): Promise<Map<string, string>> {
    const seen = new Map([["log", this.#nodeRed.log()]]);
    for (const path of ADMIN_PATHS) seen.set(`GET ${path}`, await (await this.#nodeRed.get(path)).text());
    for (const file of readdirSync(this.#directory, { withFileTypes: true, recursive: true })) {
      const path = join(file.parentPath, file.name);
      if (file.isFile()) seen.set(path, readFileSync(path, "latin1"));
    }
    return seen;
  }

  stop(options: { keep: boolean }): Promise<void> {
    return this.#nodeRed.stop(options);
  }
}

const ADMIN_PATHS = [
  ...["settings", "settings/user", "flows", "flow/tab", "flow/global", "nodes", "diagnostics"],
  ...["context/global", "context/flow/tab", "credentials/modem/m"],
  ...NAMES.flatMap((name) => [
    `credentials/modem-tls/tls-${name}`,
    `context/node/http-${name}`,
    `context/node/profile-${name}`,
  ]),
];

function flows(modem: string, ports: ReadonlyMap<string, number>, listener: number): object[] {
  return [
    { id: "tab", type: "tab", label: "sessions" },
    { id: "m", type: "modem", port: modem, trace: true, timeout: 180 },
    node("tell", "tcp out", { host: "127.0.0.1", port: `${listener}`, beserver: "client", end: false }, []),
    node("catch", "catch", { scope: null }, [["report-error"]]),
    report(
      "report-error",
      "{ node: msg.error.source.id, error: { code: msg.error.code, message: msg.error.message } }",
    ),
    ...withButton(node("at", "modem-at", { modem: "m", command: "AT+CFUN=16", timeout: 60 }, [["report-at"], []])),
    report("report-at", '{ node: "at", payload: msg.payload }'),
    node("pdp", "modem-pdp", { modem: "m", action: "msg" }, [[], ["report-pdp"]]),
    report("report-pdp", "{ node: msg.event, payload: msg.payload }"),
    ...KINDS.flatMap((kind) => flowsOf(kind, ports.get(nameOf(kind)) ?? 0)),
  ];
}

function flowsOf({ type, encrypted, name }: (typeof KINDS)[number], port: number): object[] {
  const [id, user] = [nameOf({ name }), { modem: "m", tls: `tls-${nameOf({ name })}` }];
  const [http, profile] = [`http-${id}`, `profile-${id}`];
  const request = { ...user, method: "GET", url: `https://server.example:${port}/`, timeout: 180 };
  return [
    { id: `tls-${id}`, type: "modem-tls", name, resumption: type, resumptionEncrypted: encrypted },
    ...withButton(node(http, "modem-http", request, [[`report-${http}`]])),
    report(`report-${http}`, `{ node: "${http}", payload: msg.payload }`),
    ...withButton(node(profile, "modem-tls-profile", user, [[`report-${profile}`], [`event-${id}`]])),
    report(`report-${profile}`, `{ node: "${profile}", payload: msg.payload }`),
    report(`event-${id}`, `{ node: "${id}", event: msg.event, payload: msg.payload }`),
  ];
}

function node(id: string, type: string, properties: object, wires: string[][]) {
  return { id, type, z: "tab", x: 100, y: 100, ...properties, wires };
}

function withButton(target: ReturnType<typeof node>): object[] {
  return [node(`go-${target.id}`, "inject", { props: [], repeat: "", once: false }, [[target.id]]), target];
}

/** A function node that tells the listener. */
function report(id: string, text: string): object {
  const func = `return { payload: JSON.stringify(${text}) + "\\n" };`;
  return node(id, "function", { func, outputs: 1, libs: [] }, [["tell"]]);
}
