import type { Call, CommandDefinition } from "../line/command";
import { CommandError } from "../line/command-error";
import { choiceAt, expectCount, INCORRECT_PARAMETERS, stringAt } from "../line/parameters";
import type { Modem } from "../modem";
import { PIN_TRIES, PUK_TRIES } from "./sim";

const OPERATION_NOT_ALLOWED = 3;
const UNLOCK = 0;
const QUERY = 2;
/** +CLCK's facilities: the SIM's PIN, then locks and lists that this SIM does not use. */
const FACILITIES = ["SC", "PS", "PN", "PU", "PP", "PC", "FD"];

/** PIN, PUK and facility lock (27.007 8.3, 7.4, 7.5). */
export const simPinCommands: readonly CommandDefinition[] = [
  { name: "+CPIN", set: enterPin, read: readPin, test: () => undefined },
  { name: "+CLCK", set: facilityLock, test: (call) => call.info(`+CLCK: (${quoted(FACILITIES)})`) },
  { name: "+CPWD", set: changePassword, test: (call) => call.info('+CPWD: ("SC",8)') },
  { name: "+CPINR", execute: triesLeft, test: () => undefined },
];

function enterPin(call: Call, modem: Modem): void {
  expectCount(call, 1, 2);
  modem.sim.requireBooted();
  const codes = call.arguments.map((argument) => pin(argument.text));
  const [first = "", second] = codes;
  if (modem.sim.state === "READY") throw new CommandError(OPERATION_NOT_ALLOWED);
  if (modem.sim.state === "SIM PIN" && second === undefined) modem.sim.enterPin(first);
  else if (modem.sim.state === "SIM PUK" && second !== undefined) modem.sim.unblock(first, second);
  else throw new CommandError(INCORRECT_PARAMETERS);
}

/** Hosts write PINs with or without quotation marks. */
function pin(text: string): string {
  if (!/^\d{4,8}$/.test(text)) throw new CommandError(INCORRECT_PARAMETERS);
  return text;
}

function readPin(call: Call, modem: Modem): void {
  modem.sim.requireBooted();
  call.info(`+CPIN: ${modem.sim.state}`);
}

function facilityLock(call: Call, modem: Modem): void {
  expectCount(call, 2, 4);
  const facility = stringAt(call, 0, 2);
  const mode = choiceAt(call, 1, [0, 1, 2]);
  if (!FACILITIES.includes(facility)) throw new CommandError(INCORRECT_PARAMETERS);
  modem.sim.require();
  if (mode === QUERY) call.info(`+CLCK: ${facility === "SC" && modem.sim.locked ? 1 : 0}`);
  else if (facility === "SC") modem.sim.lock(mode !== UNLOCK, pin(stringAt(call, 2, 8)));
  else throw new CommandError(OPERATION_NOT_ALLOWED);
}

function changePassword(call: Call, modem: Modem): void {
  expectCount(call, 3, 3);
  if (stringAt(call, 0, 2) !== "SC") throw new CommandError(INCORRECT_PARAMETERS);
  modem.sim.changePin(pin(stringAt(call, 1, 8)), pin(stringAt(call, 2, 8)));
}

function triesLeft(call: Call, modem: Modem): void {
  modem.sim.requireBooted();
  const { pin: pins, puk } = modem.sim.tries;
  call.info(`+CPINR: SIM PIN,${pins},${PIN_TRIES}`);
  call.info(`+CPINR: SIM PUK,${puk},${PUK_TRIES}`);
}

function quoted(texts: readonly string[]): string {
  return texts.map((text) => `"${text}"`).join(",");
}
