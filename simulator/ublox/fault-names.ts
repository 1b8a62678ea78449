import type { FaultRule } from "../faults/spec";

/** What u-blox's personalities add to the common faults, by model, as far as a port's text is concerned. */
export const UBLOX_FAULT_NAMES: Readonly<Record<string, Readonly<Record<string, FaultRule>>>> = {
  "LARA-R6": { "restoring-profile": { help: "", end: true } },
};
