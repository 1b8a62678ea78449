import type { Node } from "node-red";
import type { Runtime } from "./types";

type Events = Runtime["events"];

interface Started {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

/** One listener for all nodes: Node.js takes more than ten for a leak and logs a warning. */
const started = new WeakMap<Events, Started>();

/** Calls back each time all flows have started, until the node is closed. Catch nodes receive nothing before that. */
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

/** Reports a node's problem to Catch nodes once these have started. */
export function reportOnceStarted(RED: Runtime, node: Node, problem: Error): void {
  let told = false;
  onFlowsStarted(RED, node, () => {
    // Each deploy calls back. Node-RED looks for Catch nodes only if there is a message.
    if (!told) node.error(problem, {});
    told = true;
  });
}

function listen(events: Events): Started {
  const callbacks = new Set<() => void>();
  const listener = (): void => {
    // A callback may add another one if it finds the flows changed; that one belongs to this start too.
    for (const callback of callbacks) callback();
  };
  events.on("flows:started", listener);
  const entry = { callbacks, listener };
  started.set(events, entry);
  return entry;
}
