import type { ModemSettings } from "../driver/modem-types";
import { DEFAULT_SETTINGS } from "../driver/settings";

/** A modem at `port` with everything else as a new config node has it. */
export function modemSettings(port: string, baudRate: number): ModemSettings {
  return { ...DEFAULT_SETTINGS, port, baudRate };
}
