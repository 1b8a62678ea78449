import type { Call, CommandDefinition } from "../line/command";
import { expectCount, integerAt } from "../line/parameters";
import type { Modem } from "../modem";

/**
 * OK, then the last words. The simulated board holds PWRKEY, so that the module comes up again by itself: there is
 * nobody who could press a key.
 */
function powerDown(call: Call, modem: Modem): void {
  expectCount(call, 0, 1);
  const normal = integerAt(call, 0, 0, 1, 1) === 1;
  call.afterResult(() => {
    if (normal) modem.urc("POWERED DOWN");
    modem.reboot("+QPOWD");
  });
}

/** AT manual: +QPOWD, 0 at once, 1 (or nothing) after leaving the network. */
export const powerCommands: readonly CommandDefinition[] = [
  { name: "+QPOWD", test: (call) => call.info("+QPOWD: (0,1)"), execute: powerDown, set: powerDown },
];
