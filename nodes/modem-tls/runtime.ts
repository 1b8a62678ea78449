import { migrate } from "../common/migrate";
import type { Runtime } from "../common/types";
import { serveCertificates } from "./certificates";
import { MODEM_TLS_MIGRATIONS } from "./migrations";
import { type Instance, offerProfiles, sessionVault } from "./offer";
import type { SessionVault } from "./session-vault";
import type { ModemTlsCredentials, ModemTlsProperties } from "./types";

type Definition = ModemTlsProperties & { id: string; type: string; z: string };

export default function init(RED: Runtime): void {
  let vault: SessionVault | undefined;

  function ModemTlsNode(this: Instance, definition: Definition): void {
    RED.nodes.createNode(this, definition);
    vault ??= sessionVault(RED);
    offerProfiles(RED, this, migrate(definition, MODEM_TLS_MIGRATIONS), vault);
  }

  RED.nodes.registerType<Instance, Definition, Record<string, never>, ModemTlsCredentials>("modem-tls", ModemTlsNode, {
    credentials: {
      ca: { type: "text" },
      cert: { type: "text" },
      key: { type: "password" },
      keyPassword: { type: "password" },
      psk: { type: "password" },
      pskIdentity: { type: "password" },
    },
  });
  serveCertificates(RED);
}
