import type { Node } from "node-red";
import { setUpFlowNode } from "../common/flow-node";
import { migrate } from "../common/migrate";
import type { Runtime } from "../common/types";
import { MODEM_SOCKET_MIGRATIONS } from "./migrations";
import { SocketOperation } from "./operation";
import type { ModemSocketProperties } from "./types";

type Definition = ModemSocketProperties & { id: string; type: string; z: string; queue?: unknown };

export default function init(RED: Runtime): void {
  function ModemSocketNode(this: Node, definition: Definition): void {
    RED.nodes.createNode(this, definition);
    const properties = migrate(definition, MODEM_SOCKET_MIGRATIONS);
    const { modem, tls, queue } = properties;
    const operation = new SocketOperation(RED, this, properties);
    setUpFlowNode(RED, this, {
      modem,
      tls,
      queue,
      operation,
      output: 2,
      condition: () => operation.sockets?.nodeStatus(),
      listen: (observed, changed) => operation.start(observed, changed),
    });
  }

  RED.nodes.registerType("modem-socket", ModemSocketNode);
}
