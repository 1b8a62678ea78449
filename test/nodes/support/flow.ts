import { type EventEmitter, once } from "node:events";
import { createRequire } from "node:module";
import type { NodeMessage } from "node-red";
import helper from "node-red-node-test-helper";
import { afterAll, afterEach, beforeAll, onTestFailed } from "vitest";
import modem from "../../../nodes/modem/runtime";
import modemAt from "../../../nodes/modem-at/runtime";
import modemBroker from "../../../nodes/modem-broker/runtime";
import modemHttp from "../../../nodes/modem-http/runtime";
import modemMqtt from "../../../nodes/modem-mqtt/runtime";
import modemPdp from "../../../nodes/modem-pdp/runtime";
import modemSocket from "../../../nodes/modem-socket/runtime";
import modemTls from "../../../nodes/modem-tls/runtime";
import modemTlsProfile from "../../../nodes/modem-tls-profile/runtime";

const require = createRequire(__filename);
const core = (path: string) => require(`@node-red/nodes/core/${path}`);

/** The core nodes that the examples stand on. */
const CORE = [
  "common/20-inject.js",
  "common/21-debug.js",
  "common/25-catch.js",
  "common/24-complete.js",
  "common/25-status.js",
  "common/90-comment.js",
  "function/10-function.js",
  "function/10-switch.js",
  "function/80-template.js",
  "function/89-trigger.js",
  "network/31-tcpin.js",
];

export interface FlowError {
  readonly message: string;
  readonly code?: string;
  readonly cause?: Record<string, unknown>;
  readonly source: { readonly id: string };
}

export interface Received extends NodeMessage {
  readonly error?: FlowError;
}

/** Starts Node-RED's runtime for the tests of a file, and empties it after each. */
export function useNodeRed(): void {
  beforeAll(async () => {
    helper.init(require.resolve("node-red"));
    await helper.startServer();
  });
  afterEach(async () => {
    await helper.unload();
  });
  afterAll(async () => {
    await helper.stopServer();
  });
}

/** Everything that a node of type `helper` has got, in order, for those who came early and those who come late. */
export class Inbox {
  readonly messages: Received[] = [];
  readonly #waiting: ((message: Received) => void)[] = [];
  #taken = 0;

  constructor(id: string) {
    helper.getNode(id).on("input", (message: Received) => {
      this.messages.push(message);
      this.#serve();
    });
  }

  /** The next message that nobody has taken yet. */
  next(): Promise<Received> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#serve();
    });
  }

  /** The next message for which it holds; what comes before it is dropped. */
  async until(holds: (message: Received) => boolean): Promise<Received> {
    for (;;) {
      const message = await this.next();
      if (holds(message)) return message;
    }
  }

  #serve(): void {
    while (this.#waiting.length > 0 && this.#taken < this.messages.length) {
      const message = this.messages[this.#taken++];
      if (message !== undefined) this.#waiting.shift()?.(message);
    }
  }
}

const NODES = [modem, modemTls, modemBroker, modemHttp, modemPdp, modemAt, modemSocket, modemTlsProfile, modemMqtt];
/** They stand beside the tabs, as tabs themselves do. */
const OFF_TAB = ["modem", "modem-tls", "modem-broker", "tab"];

type NodeProperties = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

let deployed: NodeProperties[] = [];

/** Deploys nodes on a tab `tab`; a node without a tab of its own gets that one. */
export async function deploy(nodes: readonly NodeProperties[], credentials: object = {}): Promise<void> {
  const tab = { id: "tab", type: "tab", label: "test" };
  const placed = nodes.map((node) =>
    OFF_TAB.includes(node.type) || "z" in node ? node : { x: 100, y: 100, ...node, z: "tab" },
  );
  deployed = [tab, ...placed];
  const asked = nodes.some(({ type }) => type === "http request") ? ["network/21-httprequest.js"] : [];
  await helper.load([...NODES, ...[...CORE, ...asked].map(core)], deployed as never, credentials as never);
}

/** Deploys the flow again with one node changed; only that node is started anew. */
export async function redeploy(id: string, change: Readonly<Record<string, unknown>>): Promise<void> {
  deployed = deployed.map((node) => (node.id === id ? { ...node, ...change } : node));
  await setFlows(deployed, "nodes");
}

/**
 * Deploys and waits until the flows have started. The helper's own `setFlows` waits for 300 ms after the old nodes have
 * closed and no longer, and in vain where the flows have started by then.
 */
export async function setFlows(flows: readonly object[], type: "full" | "flows" | "nodes"): Promise<void> {
  const { _events: events, _redNodes: runtime } = helper as unknown as HelperParts;
  const started = once(events, "flows:started");
  await runtime.setFlows(flows, {}, type);
  await started;
}

/** What the helper has of Node-RED's runtime. */
interface HelperParts {
  readonly _events: EventEmitter;
  readonly _redNodes: { setFlows(flows: readonly object[], credentials: object, type: string): Promise<unknown> };
}

export interface UnderTest {
  /** First output. */
  readonly out: Inbox;
  /** Second output. */
  readonly events: Inbox;
  readonly errors: Inbox;
  /** Messages that ended with `done()`. */
  readonly complete: Inbox;
  readonly status: Inbox;
  receive(message: NodeMessage): void;
}

/** Deploys one flow node under the id `n` with a modem `m`, and everything that listens to it. */
export async function deployNode(
  node: Readonly<Record<string, unknown>> & { readonly type: string },
  modemProperties: Readonly<Record<string, unknown>>,
  credentials: object = {},
): Promise<UnderTest> {
  await deploy(
    [
      { id: "m", type: "modem", ...modemProperties },
      { id: "n", modem: "m", ...node, wires: [["out"], ["events"]] },
      { id: "catch", type: "catch", scope: null, wires: [["errors"]] },
      { id: "done", type: "complete", scope: ["n"], wires: [["complete"]] },
      { id: "watch", type: "status", scope: ["n"], wires: [["status"]] },
      ...["out", "events", "errors", "complete", "status"].map((id) => ({ id, type: "helper" })),
    ],
    credentials,
  );
  const [out, events, errors, complete, status] = ["out", "events", "errors", "complete", "status"].map(
    (id) => new Inbox(id),
  );
  onTestFailed(() => {
    for (const { error } of errors?.messages ?? []) process.stderr.write(`${JSON.stringify(error)}\n`);
  });
  if (!out || !events || !errors || !complete || !status) throw new Error("unreachable");
  return { out, events, errors, complete, status, receive: (message) => helper.getNode("n").receive(message) };
}
