import type { Node } from "node-red";
import type { Runtime } from "./types";

/** Calls back each time all flows stand, until the node is closed. Catch nodes hear nothing before. */
export function onFlowsStarted(RED: Runtime, node: Node, callback: () => void): void {
  RED.events.on("flows:started", callback);
  node.on("close", () => {
    RED.events.off("flows:started", callback);
  });
}
