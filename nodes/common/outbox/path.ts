import { join } from "node:path";
import type { Runtime } from "../types";

/** The file of a node's outbox, in the user's directory; without one of its own Node-RED keeps nothing. */
export function outboxPath(RED: Runtime, id: string): string | undefined {
  const { userDir } = RED.settings;
  if (typeof userDir !== "string" || userDir === "") return undefined;
  return join(userDir, `cellular-modem-outbox-${id.replace(/[^\w-]/g, "_")}.jsonl`);
}
