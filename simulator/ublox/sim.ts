import { PIN_TRIES, PUK_TRIES, type SimState } from "../cellular/sim";
import type { Call, CommandDefinition } from "../line/command";
import { expectCount, integerAt } from "../line/parameters";
import type { Modem } from "../modem";

/** The SIM by u-blox's own commands. */
export const simCommands: readonly CommandDefinition[] = [
  { name: "+UPINCNT", execute: triesLeft, read: triesLeft, test: () => undefined },
  {
    name: "+USIMSTAT",
    set: setReports,
    read: (call, modem) => call.info(`+USIMSTAT: ${reports(modem)}`),
    test: (call) => call.info(`+USIMSTAT: (0-${MOST_REPORTS})`),
  },
];

/** PIN, PIN2, PUK, PUK2 (AT facts 2.2). Nobody ever enters the second ones here. */
function triesLeft(call: Call, modem: Modem): void {
  modem.sim.requireBooted();
  const { pin, puk } = modem.sim.tries;
  call.info(`+UPINCNT: ${pin},${PIN_TRIES},${puk},${PUK_TRIES}`);
}

const REPORTS = "ublox.sim-reports";
/** A sum of what is told: 1 the state of the SIM, 2 its phone book, 4 what the network changes on it. */
const MOST_REPORTS = 7;
const STATE = 1;

/** <state> of +UUSIMSTAT (AT facts 2.2). */
const STATES: Readonly<Record<SimState, number>> = {
  absent: 0,
  "SIM PIN": 1,
  "SIM PUK": 2,
  booting: 4,
  busy: 4,
  READY: 6,
};

function reports(modem: Modem): number {
  return modem.storage.get<number>(REPORTS) ?? 0;
}

/** Kept in NVM (AT facts 2.2). */
function setReports(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  modem.storage.set(REPORTS, integerAt(call, 0, 0, MOST_REPORTS));
}

/** +UUSIMSTAT at each change, and once after a start. */
export function reportSim(modem: Modem): void {
  let told: number | undefined;
  const tell = () => {
    const state = STATES[modem.sim.state];
    if (state !== told && (reports(modem) & STATE) !== 0) modem.urc(`+UUSIMSTAT: ${state}`);
    told = state;
  };
  const leave = modem.sim.onChange(tell);
  modem.powerCycle.addEventListener("abort", leave, { once: true });
  modem.later(0, tell);
}
