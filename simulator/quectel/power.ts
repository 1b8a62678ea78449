import type { Call, CommandDefinition } from "../line/command";
import { expectCount, integerAt } from "../line/parameters";
import type { Modem } from "../modem";

/** OK, then `POWERED DOWN` unless it is immediate; the modem stays off until PWRKEY is pressed. */
function powerDown(call: Call, modem: Modem): void {
  expectCount(call, 0, 1);
  const normal = integerAt(call, 0, 0, 1, 1) === 1;
  call.afterResult(() => {
    if (normal) modem.urc("POWERED DOWN");
    modem.powerOff("+QPOWD");
  });
}

/** mV of the simulated board's supply. */
const SUPPLY = 3800;

/** AT manual: +QPOWD, 0 at once, 1 (or nothing) after leaving the network; +CBC, not charging and full. */
export const powerCommands: readonly CommandDefinition[] = [
  { name: "+QPOWD", test: (call) => call.info("+QPOWD: (0,1)"), execute: powerDown, set: powerDown },
  {
    name: "+CBC",
    execute: (call) => call.info(`+CBC: 0,100,${SUPPLY}`),
    test: (call) => call.info("+CBC: (0-2),(0-100),<voltage>"),
  },
];
