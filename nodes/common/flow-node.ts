import type { Node } from "node-red";
import { findModem, lookUpTls } from "./config-nodes";
import { Controller, type Operation } from "./controller";
import { notConfigured } from "./errors";
import { optionalInteger } from "./input";
import { StatusDisplay } from "./status";
import { tlsWarning } from "./tls-warning";
import type { ObservableModem, Runtime } from "./types";

/** Messages that may wait in a node where neither it nor its modem says otherwise. */
const DEFAULT_QUEUE = 1000;

export interface FlowNodeOptions<Request, Access> {
  /** Id of the config node. */
  readonly modem: string;
  /** Id of the security profile, whose end the badge warns of; its operation uses it. */
  readonly tls?: string;
  /** Overrides the modem's limit of waiting messages. */
  readonly queue?: unknown;
  readonly operation: Operation<Request, Access>;
  /** Called once with the modem; what it returns is called when the node is closed. */
  readonly listen?: (modem: ObservableModem) => () => void;
}

/** Ties a flow node to its modem: messages, badge, registration as a user, and the way out. */
export function setUpFlowNode<Request, Access>(
  RED: Runtime,
  node: Node,
  { modem: id, tls = "", queue, operation, listen }: FlowNodeOptions<Request, Access>,
): void {
  const owner = findModem(RED, id);
  const status = new StatusDisplay(RED, node, tlsWarning(RED, tls));
  const limit = queueLimit(queue) ?? owner?.queue ?? DEFAULT_QUEUE;
  const controller = new Controller(operation, owner, status, limit, (error) => node.error(error));
  node.on("input", (message, send, done) => controller.take(message, send, done));

  owner?.register(node);
  const security = lookUpTls(RED, tls);
  security?.register(node);
  const problem = owner === undefined ? notConfigured() : owner.problem;
  if (problem !== undefined) status.failed(problem);
  if (owner?.modem !== undefined) status.attach(owner.modem);
  let stopListening: (() => void) | undefined;
  try {
    if (owner?.modem !== undefined) stopListening = listen?.(owner.modem);
  } catch (error) {
    // A constructor that throws leaves no node behind: messages would vanish without a word.
    status.failed(error as Error);
    node.error(error);
  }

  node.on("close", (done: () => void) => {
    stopListening?.();
    void controller.close().then(() => {
      status.detach();
      owner?.deregister(node);
      security?.deregister(node);
      done();
    });
  });
}

function queueLimit(value: unknown): number | undefined {
  try {
    return optionalInteger(value, "queue", { min: 0, max: 1_000_000 });
  } catch {
    return undefined;
  }
}
