import { COMMAND_FAULTS } from "./command-faults";
import type { FaultTable } from "./fault";
import { LINE_FAULTS } from "./line-faults";
import { NETWORK_FAULTS } from "./network-faults";
import { SIM_FAULTS } from "./sim-faults";

/** The faults common to all personalities; also used for `--help` and for checks. */
export const FAULTS: FaultTable = {
  reboot: {
    help: "the modem restarts by itself, or is switched on again",
    start: ({ targets }) => targets.modem.reboot("fault"),
  },
  ...LINE_FAULTS,
  ...COMMAND_FAULTS,
  ...SIM_FAULTS,
  ...NETWORK_FAULTS,
};
