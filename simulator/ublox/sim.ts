import { PIN_TRIES, PUK_TRIES } from "../cellular/sim";
import type { Call, CommandDefinition } from "../line/command";
import type { Modem } from "../modem";

/** The SIM by u-blox's own commands. */
export const simCommands: readonly CommandDefinition[] = [
  { name: "+UPINCNT", execute: triesLeft, read: triesLeft, test: () => undefined },
];

/** PIN, PIN2, PUK, PUK2 (AT facts 2.2). Nobody ever enters the second ones here. */
function triesLeft(call: Call, modem: Modem): void {
  modem.sim.requireBooted();
  const { pin, puk } = modem.sim.tries;
  call.info(`+UPINCNT: ${pin},${PIN_TRIES},${puk},${PUK_TRIES}`);
}
