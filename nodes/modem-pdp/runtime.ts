import type { Node } from "node-red";
import { setUpFlowNode } from "../common/flow-node";
import { migrate } from "../common/migrate";
import type { Runtime } from "../common/types";
import { MODEM_PDP_MIGRATIONS } from "./migrations";
import { PdpOperation } from "./operation";
import type { ModemPdpProperties } from "./types";

type Definition = ModemPdpProperties & { id: string; type: string; z: string; queue?: unknown };

export default function init(RED: Runtime): void {
  function ModemPdpNode(this: Node, definition: Definition): void {
    RED.nodes.createNode(this, definition);
    const properties = migrate(definition, MODEM_PDP_MIGRATIONS);
    const operation = new PdpOperation(RED, this, properties);
    setUpFlowNode(RED, this, {
      modem: properties.modem,
      queue: properties.queue,
      operation,
      listen: (modem) => operation.start(modem),
    });
  }

  RED.nodes.registerType("modem-pdp", ModemPdpNode);
}
