import type { Node } from "node-red";
import { setUpFlowNode } from "../common/flow-node";
import { migrate } from "../common/migrate";
import type { Runtime } from "../common/types";
import { MODEM_AT_MIGRATIONS } from "./migrations";
import { AtOperation } from "./operation";
import type { ModemAtProperties } from "./types";

type Definition = ModemAtProperties & { id: string; type: string; z: string; queue?: unknown };

export default function init(RED: Runtime): void {
  function ModemAtNode(this: Node, definition: Definition): void {
    RED.nodes.createNode(this, definition);
    const properties = migrate(definition, MODEM_AT_MIGRATIONS);
    const operation = new AtOperation(RED, this, properties);
    setUpFlowNode(RED, this, {
      modem: properties.modem,
      queue: properties.queue,
      operation,
      listen: (modem) => operation.start(modem),
    });
  }

  RED.nodes.registerType("modem-at", ModemAtNode);
}
