import { QUECTEL_FAULT_NAMES } from "../quectel/fault-names";
import { UBLOX_FAULT_NAMES } from "../ublox/fault-names";
import type { FaultRule } from "./spec";

/** What each personality adds to the common faults, for a port's text; a test holds it to theirs. */
export const OWN_FAULTS: Readonly<Record<string, Readonly<Record<string, FaultRule>>>> = {
  ...UBLOX_FAULT_NAMES,
  ...QUECTEL_FAULT_NAMES,
};
