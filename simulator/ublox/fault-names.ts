import type { FaultRule } from "../faults/spec";
import { MQTT_FAULT_RULES } from "./mqtt/fault-rules";
import { MQTT_SN_FAULT_RULES } from "./mqtt-sn/fault-rules";

/** What u-blox's personalities add to the common faults, by model, as far as a port's text is concerned. */
export const UBLOX_FAULT_NAMES: Readonly<Record<string, Readonly<Record<string, FaultRule>>>> = {
  "LARA-R6": { "restoring-profile": { help: "", end: true }, ...MQTT_FAULT_RULES, ...MQTT_SN_FAULT_RULES },
};
