import type { Node } from "node-red";
import { setUpFlowNode } from "../common/flow-node";
import { migrate } from "../common/migrate";
import type { Runtime } from "../common/types";
import { MODEM_MQTT_MIGRATIONS } from "./migrations";
import { MqttOperation } from "./operation";
import type { ModemMqttProperties } from "./types";

type Definition = ModemMqttProperties & { id: string; type: string; z: string; queue?: unknown };

export default function init(RED: Runtime): void {
  function ModemMqttNode(this: Node, definition: Definition): void {
    RED.nodes.createNode(this, definition);
    const properties = migrate(definition, MODEM_MQTT_MIGRATIONS);
    const operation = new MqttOperation(RED, this, properties);
    const { broker, queue } = properties as Definition;
    setUpFlowNode(RED, this, {
      broker,
      queue,
      operation,
      output: 2,
      condition: () => operation.status(),
      listen: (_modem, changed) => operation.start(changed),
    });
  }

  RED.nodes.registerType("modem-mqtt", ModemMqttNode);
}
