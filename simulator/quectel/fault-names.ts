import type { FaultRule } from "../faults/spec";

/** What Quectel's personalities add to the common faults, by model, as far as a port's text is concerned. */
export const QUECTEL_FAULT_NAMES: Readonly<Record<string, Readonly<Record<string, FaultRule>>>> = {
  BG96: { "data-mode": { help: "", end: true } },
};
