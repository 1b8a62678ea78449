import { PIN_TRIES, PUK_TRIES } from "../cellular/sim";
import type { Call, CommandDefinition } from "../line/command";
import { CommandError } from "../line/command-error";
import { expectCount, stringAt } from "../line/parameters";
import type { Modem } from "../modem";

const NOT_FOUND = 22;
const PIN = "SC";
const PIN2 = "P2";
const FACILITIES = [PIN, PIN2];

/** Tries that PIN and PUK have left (AT facts 1.5). Nobody ever enters the second ones here. */
export const simCommands: readonly CommandDefinition[] = [
  {
    name: "+QPINC",
    read: (call, modem) => print(call, modem, FACILITIES),
    set: printOne,
    test: (call) => call.info(`+QPINC: (${FACILITIES.map((facility) => `"${facility}"`).join(",")})`),
  },
];

function printOne(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const facility = stringAt(call, 0, 2);
  if (!FACILITIES.includes(facility)) throw new CommandError(NOT_FOUND);
  print(call, modem, [facility]);
}

function print(call: Call, modem: Modem, facilities: readonly string[]): void {
  modem.sim.requireBooted();
  const { pin, puk } = modem.sim.tries;
  for (const facility of facilities) {
    const tries = facility === PIN ? `${pin},${puk}` : `${PIN_TRIES},${PUK_TRIES}`;
    call.info(`+QPINC: "${facility}",${tries}`);
  }
}
