import type { Node } from "node-red";
import type { ModemError } from "../../driver/errors";
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
