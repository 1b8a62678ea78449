import type { Modem } from "../../modem";

/** What is unlike the guide, or goes wrong, on demand. It survives reboots. */
export interface MqttFaults {
  /** +UMQTT has the local port (1) and the clean session (12), as on sister modules. */
  sisterSettings: boolean;
}

const all = new WeakMap<Modem, MqttFaults>();

export function mqttFaults(modem: Modem): MqttFaults {
  const faults = all.get(modem) ?? { sisterSettings: false };
  all.set(modem, faults);
  return faults;
}
