import type { Node } from "node-red";
import type { ModemError } from "../../driver/errors";
import type { Runtime } from "../common/types";
import type { Broker } from "./broker";

/** What the flow nodes see of the config node `modem-broker`. */
export interface BrokerNode extends Node {
  /** By id, as for a modem. */
  readonly users: Record<string, Node>;
  /** Id of its modem. */
  readonly modemId: string;
  readonly isMqttSn: boolean;
  /** undefined if the settings can't be used; `problem` tells why. */
  readonly broker: Broker | undefined;
  readonly problem: ModemError | undefined;
  register(user: Node): void;
  deregister(user: Node): void;
}

/** Checks the type: Node-RED returns whatever node has the id. Returns a broker that can't be used too. */
export function findBroker(RED: Runtime, id: string): BrokerNode | undefined {
  const node: Node | null | undefined = RED.nodes.getNode(id);
  return node?.type === "modem-broker" ? (node as BrokerNode) : undefined;
}
