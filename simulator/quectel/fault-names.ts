import type { FaultRule } from "../faults/spec";
import { MQTT_FAULT_RULES } from "./mqtt/fault-rules";

/** What Quectel's personalities add to the common faults, by model, as far as a port's text is concerned. */
export const QUECTEL_FAULT_NAMES: Readonly<Record<string, Readonly<Record<string, FaultRule>>>> = {
  BG96: { "data-mode": { help: "", end: true }, ...MQTT_FAULT_RULES },
};
