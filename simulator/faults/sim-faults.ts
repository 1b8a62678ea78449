import { DURATION, type FaultTable, milliseconds } from "./fault";

/** What happens to the SIM. */
export const SIM_FAULTS: FaultTable = {
  "no-sim": {
    help: "the SIM is taken out",
    start: ({ targets }) => targets.modem.sim.insert(false),
    end: ({ targets }) => targets.modem.sim.insert(true),
  },
  "slow-sim": {
    help: "the SIM takes =MS to boot, now and whenever it gets power: error 3, then 14, then it is there",
    value: DURATION,
    needsValue: true,
    start: ({ targets }, value = "0") => targets.modem.sim.bootSlowly(milliseconds(value)),
    end: ({ targets }) => targets.modem.sim.bootSlowly(0),
  },
};
