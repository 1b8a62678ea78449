import type { FaultRule } from "./spec";

/** What personalities add to the common faults, as far as a port's text is concerned; a test holds it to theirs. */
export const OWN_FAULTS: Readonly<Record<string, FaultRule>> = {
  "restoring-profile": { help: "", end: true },
  "data-mode": { help: "", end: true },
};
