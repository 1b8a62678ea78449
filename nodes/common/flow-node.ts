import type { Node } from "node-red";
import { type BrokerNode, findBroker } from "../modem-broker/node";
import { findModem, lookUpTls } from "./config-nodes";
import { Controller, type Operation } from "./controller";
import { optionalInteger } from "./message/input";
import { onFlowsStarted, reportOnceStarted } from "./started";
import { StatusDisplay, type StatusText } from "./status";
import { tlsWarning } from "./tls-warning";
import type { ModemNode, ObservableModem, Runtime, TlsNode } from "./types";

/** Messages that may wait in a node if neither the node nor its modem sets a limit. */
const DEFAULT_QUEUE = 1000;

export interface FlowNodeOptions<Request, Access> {
  /** Id of the config node; of a node with a broker the broker's own one counts. */
  readonly modem?: string;
  /** Id of the broker whose session the node shares. */
  readonly broker?: string;
  /** Id of the security profile that the operation uses; the status warns before its certificates expire. */
  readonly tls?: string;
  /** Overrides the modem's limit of waiting messages. */
  readonly queue?: unknown;
  readonly operation: Operation<Request, Access>;
  /** The output for answers; 1 by default. */
  readonly output?: 1 | 2;
  /** What the status says instead of "ready". */
  readonly condition?: () => StatusText | undefined;
  /**
   * Called once with the modem; calls `conditionChanged` whenever `condition` changes. Returns a function that the
   * node calls, and waits for, when it closes.
   */
  readonly listen?: (
    modem: ObservableModem,
    conditionChanged: () => void,
  ) => (isDeleted: boolean) => void | Promise<void>;
}

/** Connects a flow node with its modem: messages, status, registration as a user, and cleanup on close. */
export function setUpFlowNode<Request, Access>(
  RED: Runtime,
  node: Node,
  options: FlowNodeOptions<Request, Access>,
): void {
  const { tls = "", queue, operation, output = 1, condition } = options;
  const status = new StatusDisplay(RED, node, () => tlsWarning(RED, tls), condition);
  let closing = false;
  let leaving: Promise<unknown> = Promise.resolve();
  /** The modem closes for good, and this node stays. */
  const release = async (): Promise<void> => {
    if (closing) return;
    const left = tie;
    leaving = Promise.allSettled([leaving, left.stopListening()]);
    await leaving;
    left.leave();
  };
  let tie = tieTo(RED, node, status, options, release);
  const limit = () => queueLimit(queue) ?? tie.owner?.queue ?? DEFAULT_QUEUE;
  const controller = new Controller(
    operation,
    () => tie.owner,
    status,
    limit,
    (error) => node.error(error),
  );
  node.on("input", (message, send, done) => {
    controller.take(message, (answer, to = output) => send(to === 1 ? answer : [null, answer]), done);
  });

  let isStarted = false;
  onFlowsStarted(RED, node, () => {
    if (!isStarted) status.repeatProblem();
    isStarted = true;
    // Node-RED restarts a node together with its config nodes only if the flow names these by id. A node that gets them
    // from an environment variable, as in a subflow, keeps running and would hold a closed config node.
    const { owner, security, broker } = configNodes(RED, options);
    const isSame = owner === tie.owner && security === tie.security && broker === tie.broker;
    if (isSame && broker?.broker === tie.session) return;
    leaving = Promise.allSettled([leaving, tie.stopListening()]);
    tie.leave();
    status.detach();
    tie = tieTo(RED, node, status, options, release);
  });

  node.on("close", (isDeleted: boolean, done: () => void) => {
    closing = true;
    void Promise.allSettled([leaving, tie.stopListening(isDeleted), controller.close()]).then(() => {
      status.detach();
      tie.leave();
      done();
    });
  });
}

/** A flow node's current config nodes. */
interface Tie {
  readonly owner: ModemNode | undefined;
  readonly security: TlsNode | undefined;
  readonly broker: BrokerNode | undefined;
  /** What it offers: nothing while another broker has the modem's session. */
  readonly session: BrokerNode["broker"];
  stopListening(isDeleted?: boolean): Promise<void>;
  leave(): void;
}

function tieTo<Request, Access>(
  RED: Runtime,
  node: Node,
  status: StatusDisplay,
  options: FlowNodeOptions<Request, Access>,
  release: () => Promise<void>,
): Tie {
  const { owner, security, broker } = configNodes(RED, options);
  owner?.register(node, () => void release());
  security?.register(node);
  broker?.register(node);
  if (owner === undefined) status.withoutModem();
  else if (owner.problem !== undefined) status.failed(owner.problem);
  else if (broker?.problem !== undefined) status.failed(broker.problem);
  if (owner?.modem !== undefined) status.attach(owner.modem);
  let stop: ((isDeleted: boolean) => void | Promise<void>) | undefined;
  try {
    if (owner?.modem !== undefined) stop = options.listen?.(owner.modem, status.conditionChanged);
  } catch (error) {
    // A constructor that throws leaves no node behind, and messages would vanish silently.
    status.failed(error as Error);
    reportOnceStarted(RED, node, error as Error);
  }
  return {
    owner,
    security,
    broker,
    session: broker?.broker,
    stopListening: async (isDeleted = false) => {
      const stopOnce = stop;
      stop = undefined;
      await stopOnce?.(isDeleted);
    },
    leave: () => {
      owner?.deregister(node);
      security?.deregister(node);
      broker?.deregister(node);
    },
  };
}

function configNodes(
  RED: Runtime,
  { modem = "", tls = "", broker: id }: Pick<FlowNodeOptions<unknown, unknown>, "modem" | "tls" | "broker">,
): Pick<Tie, "owner" | "security" | "broker"> {
  const broker = id === undefined ? undefined : findBroker(RED, id);
  return { owner: findModem(RED, broker?.modemId ?? modem), security: lookUpTls(RED, tls), broker };
}

function queueLimit(value: unknown): number | undefined {
  try {
    return optionalInteger(value, "queue", { min: 0, max: 1_000_000 });
  } catch {
    return undefined;
  }
}
