import type { Node } from "node-red";
import { setUpFlowNode } from "../common/flow-node";
import { migrate } from "../common/migrate";
import type { Runtime } from "../common/types";
import { MODEM_TLS_PROFILE_MIGRATIONS } from "./migrations";
import { TlsProfileOperation } from "./operation";
import type { ModemTlsProfileProperties } from "./types";

type Definition = ModemTlsProfileProperties & { id: string; type: string; z: string; queue?: unknown };

export default function init(RED: Runtime): void {
  function ModemTlsProfileNode(this: Node, definition: Definition): void {
    RED.nodes.createNode(this, definition);
    const properties = migrate(definition, MODEM_TLS_PROFILE_MIGRATIONS);
    const { modem, tls, queue } = properties;
    const operation = new TlsProfileOperation(RED, this, properties);
    setUpFlowNode(RED, this, {
      modem,
      tls,
      queue,
      operation,
      listen: () => operation.start(),
    });
  }

  RED.nodes.registerType("modem-tls-profile", ModemTlsProfileNode);
}
