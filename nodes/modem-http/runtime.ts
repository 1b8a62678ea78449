import type { Node } from "node-red";
import { setUpFlowNode } from "../common/flow-node";
import { migrate } from "../common/migrate";
import type { Runtime } from "../common/types";
import { MODEM_HTTP_MIGRATIONS } from "./migrations";
import { HttpOperation } from "./operation";
import type { ModemHttpCredentials, ModemHttpProperties } from "./types";

type Definition = ModemHttpProperties & { id: string; type: string; z: string; queue?: unknown };
type Instance = Node<ModemHttpCredentials>;

export default function init(RED: Runtime): void {
  function ModemHttpNode(this: Instance, definition: Definition): void {
    RED.nodes.createNode(this, definition);
    const properties = migrate(definition, MODEM_HTTP_MIGRATIONS);
    const operation = new HttpOperation(RED, this, properties);
    const { modem, tls, queue } = properties;
    setUpFlowNode(RED, this, {
      modem,
      tls,
      queue,
      operation,
      condition: () => operation.status(),
      listen: (observed, changed) => operation.start(observed, changed),
    });
  }

  RED.nodes.registerType<Instance, Definition, Record<string, never>, ModemHttpCredentials>(
    "modem-http",
    ModemHttpNode,
    { credentials: { user: { type: "text" }, password: { type: "password" } } },
  );
}
