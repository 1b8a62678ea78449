import { migrate } from "../common/migrate";
import type { Runtime } from "../common/types";
import { MODEM_BROKER_MIGRATIONS } from "./migrations";
import { type Instance, offerBroker } from "./offer";
import type { ModemBrokerCredentials, ModemBrokerProperties } from "./types";

type Definition = ModemBrokerProperties & { id: string; type: string; z: string };

export default function init(RED: Runtime): void {
  function ModemBrokerNode(this: Instance, definition: Definition): void {
    RED.nodes.createNode(this, definition);
    offerBroker(RED, this, migrate(definition, MODEM_BROKER_MIGRATIONS));
  }

  RED.nodes.registerType<Instance, Definition, Record<string, never>, ModemBrokerCredentials>(
    "modem-broker",
    ModemBrokerNode,
    { credentials: { user: { type: "text" }, password: { type: "password" } } },
  );
}
