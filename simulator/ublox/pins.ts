import type { Call, CommandDefinition } from "../line/command";
import { choiceAt, expectCount, integerAt } from "../line/parameters";
import type { Modem } from "../modem";
import { incorrectParameters, notAllowed } from "./errors";

/** GPIO1 to GPIO4 by pin number. */
const PINS = [16, 23, 24, 25];
const LIST = PINS.join(",");
const MODES = "ublox.pins";
const LEVELS = "ublox.pin-levels";
const OUTPUT = 0;
const INPUT = 1;
const DISABLED = 255;

/** The pins of the module; nothing is soldered to those of a simulated one, and inputs are low. */
export const pinCommands: readonly CommandDefinition[] = [
  { name: "+UGPIOC", set: setPin, read: readPins, test: (call) => call.info(`+UGPIOC: (${LIST}),(0-255)`) },
  { name: "+UGPIOR", set: readLevel, test: (call) => call.info(`+UGPIOR: (${LIST})`) },
  { name: "+UGPIOW", set: writeLevel, test: (call) => call.info(`+UGPIOW: (${LIST}),(0-1)`) },
];

type ByPin = Readonly<Record<string, number>>;

function modes(modem: Modem): ByPin {
  return modem.storage.get<ByPin>(MODES) ?? {};
}

function levels(modem: Modem): ByPin {
  return modem.storage.get<ByPin>(LEVELS) ?? {};
}

function setPin(call: Call, modem: Modem): void {
  expectCount(call, 2, 3);
  const pin = choiceAt(call, 0, PINS);
  const mode = integerAt(call, 1, 0, DISABLED);
  // Only an output has a level.
  if (call.arguments.length > 2 && mode !== OUTPUT) throw incorrectParameters();
  const level = integerAt(call, 2, 0, 1, 0);
  modem.storage.set(MODES, { ...modes(modem), [pin]: mode });
  modem.storage.set(LEVELS, { ...levels(modem), [pin]: level });
}

/** One line per pin, without a prefix. */
function readPins(call: Call, modem: Modem): void {
  call.info("+UGPIOC:");
  for (const pin of PINS) call.info(`${pin},${modes(modem)[pin] ?? DISABLED}`);
}

/** The level of an input or output; other modes have none to tell. */
function readLevel(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const pin = choiceAt(call, 0, PINS);
  const mode = modes(modem)[pin] ?? DISABLED;
  if (mode !== OUTPUT && mode !== INPUT) throw notAllowed();
  call.info(`+UGPIOR: ${pin},${mode === OUTPUT ? (levels(modem)[pin] ?? 0) : 0}`);
}

function writeLevel(call: Call, modem: Modem): void {
  expectCount(call, 2, 2);
  const pin = choiceAt(call, 0, PINS);
  const level = integerAt(call, 1, 0, 1);
  if ((modes(modem)[pin] ?? DISABLED) !== OUTPUT) throw notAllowed();
  modem.storage.set(LEVELS, { ...levels(modem), [pin]: level });
}
