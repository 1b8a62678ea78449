import { Trap } from "../../faults/trap";
import type { Modem } from "../../modem";

/** How long the modem of a stuck client is silent, and how to make it so. */
export interface StuckClient {
  /** ms */
  readonly silence: number;
  silent(on: boolean): void;
}

/** What is unlike the guide, or goes wrong, on demand. It survives reboots. */
export class MqttFaults {
  /** +UMQTT has the local port (1) and the clean session (12), as on sister modules. */
  sisterSettings = false;
  /** Strings with bytes above 0x7E are refused. */
  asciiOnly = false;
  /** A publish by +UMQTTC=9 ends with `9,1`. */
  binaryResult = false;
  readonly refusedLogin = new Trap();
  readonly closedSession = new Trap();
  readonly lostResult = new Trap();
  /** ms */
  readonly latePrompt = new Trap<number>();
  readonly stuck = new Trap<StuckClient>();
}

const all = new WeakMap<Modem, MqttFaults>();

export function mqttFaults(modem: Modem): MqttFaults {
  const faults = all.get(modem) ?? new MqttFaults();
  all.set(modem, faults);
  return faults;
}
