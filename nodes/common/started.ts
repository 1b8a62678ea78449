import type { Node } from "node-red";
import type { Runtime } from "./types";

type Events = Runtime["events"];

interface Started {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

/** One listener for all nodes: Node.js takes more than ten of them for a leak, and says so in the log. */
const started = new WeakMap<Events, Started>();

/** Calls back each time all flows stand, until the node is closed. Catch nodes hear nothing before. */
export function onFlowsStarted(RED: Runtime, node: Node, callback: () => void): void {
  const { events } = RED;
  const { callbacks, listener } = started.get(events) ?? listen(events);
  callbacks.add(callback);
  node.on("close", () => {
    callbacks.delete(callback);
    if (callbacks.size > 0) return;
    events.off("flows:started", listener);
    started.delete(events);
  });
}

/** Tells Catch nodes what is wrong with a node, as soon as there are any. */
export function reportOnceStarted(RED: Runtime, node: Node, problem: Error): void {
  let told = false;
  onFlowsStarted(RED, node, () => {
    // Each deploy calls back; a message makes Node-RED look for Catch nodes.
    if (!told) node.error(problem, {});
    told = true;
  });
}

function listen(events: Events): Started {
  const callbacks = new Set<() => void>();
  const listener = (): void => {
    // One that a callback adds, since it has found the flows changed, belongs to this start too.
    for (const callback of callbacks) callback();
  };
  events.on("flows:started", listener);
  const entry = { callbacks, listener };
  started.set(events, entry);
  return entry;
}
