import { Trap } from "../../faults/trap";
import type { Modem } from "../../modem";

/** What is unlike the newest firmware, or goes wrong, on demand. It survives reboots. */
export class MqttFaults {
  /** +QMTPUB takes no length, and messages come by URC without one. */
  old = false;
  /** Payloads without a length are not quoted. */
  unquoted = false;
  /** The broker closes the connection before the client that says goodbye: the host is told. */
  tellsDisconnect = false;
  /** CONNACK's code. */
  readonly refusedLogin = new Trap<number>();
  readonly lostResult = new Trap();
  readonly lostAcknowledgement = new Trap();
}

const all = new WeakMap<Modem, MqttFaults>();

export function mqttFaults(modem: Modem): MqttFaults {
  const faults = all.get(modem) ?? new MqttFaults();
  all.set(modem, faults);
  return faults;
}
