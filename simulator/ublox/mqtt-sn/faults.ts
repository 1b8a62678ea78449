import { Trap } from "../../faults/trap";
import type { Modem } from "../../modem";

/** What goes wrong on demand. It survives reboots. */
export class MqttSnFaults {
  readonly refusedConnect = new Trap();
  readonly invalidTopicId = new Trap();
  readonly lostResult = new Trap();
  /** ms until a message goes out again; the client's own time if undefined. */
  retryAfter: number | undefined;
}

const all = new WeakMap<Modem, MqttSnFaults>();

export function mqttSnFaults(modem: Modem): MqttSnFaults {
  const faults = all.get(modem) ?? new MqttSnFaults();
  all.set(modem, faults);
  return faults;
}
