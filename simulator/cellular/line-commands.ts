import type { Call, CommandDefinition, Handler } from "../line/command";
import { CommandError } from "../line/command-error";
import { expectCount, INCORRECT_PARAMETERS, integerAt } from "../line/parameters";
import { PlainError } from "../line/results";
import { type LineSettings, lineSettings, restoreFactory, restoreProfile, storeProfile } from "../line/settings";
import type { Modem } from "../modem";

/** Rates of +IPR that both modems have; neither detects the rate. */
const RATES = [9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 3000000];

/** Values of the commands made of a letter and a number. On a simulated line only &D (DTR) has an effect. */
const INERT: Readonly<Record<string, readonly number[]>> = {
  X: [0, 1, 2, 3, 4],
  L: [0, 1, 2, 3],
  M: [0, 1, 2],
  "&C": [0, 1],
  "&D": [0, 1, 2],
  "&K": [0, 3],
  "&S": [0, 1, 2],
};

/** An S-register (V.250): its value after power-on and its maximum. */
interface Register {
  readonly most: number;
  readonly read: (settings: LineSettings) => number;
  readonly write: (settings: LineSettings, value: number) => void;
}

const registers: ReadonlyMap<number, Register> = new Map([
  [0, inertRegister("S0", 0)],
  [2, { most: 255, read: (line) => line.escape, write: (line, value) => Object.assign(line, { escape: value }) }],
  [
    3,
    { most: 127, read: (line) => line.terminator, write: (line, value) => Object.assign(line, { terminator: value }) },
  ],
  [4, { most: 127, read: (line) => line.lineFeed, write: (line, value) => Object.assign(line, { lineFeed: value }) }],
  [5, { most: 127, read: (line) => line.editing, write: (line, value) => Object.assign(line, { editing: value }) }],
  [6, inertRegister("S6", 2)],
  [7, inertRegister("S7", 60)],
  [8, inertRegister("S8", 2)],
  [10, inertRegister("S10", 1)],
  [12, { most: 255, read: (line) => line.guard, write: (line, value) => Object.assign(line, { guard: value }) }],
]);

function inertRegister(name: string, initial: number): Register {
  return {
    most: 255,
    read: (settings) => settings.numbers.get(name) ?? initial,
    write: (settings, value) => settings.numbers.set(name, value),
  };
}

/** Commands about the line itself (V.250 chapter 6, 27.007 9.1). */
export const lineCommands: readonly CommandDefinition[] = [
  { name: "E", execute: flag((settings, on) => Object.assign(settings, { echo: on })) },
  { name: "V", execute: flag((settings, on) => Object.assign(settings, { verbose: on })) },
  { name: "Q", execute: flag((settings, on) => Object.assign(settings, { quiet: on })) },
  { name: "Z", execute: profile((settings, modem) => restoreProfile(modem, settings)) },
  { name: "&F", execute: profile((settings) => restoreFactory(settings)) },
  { name: "&W", execute: profile((settings, modem) => storeProfile(modem, settings)) },
  { name: "S", set: writeRegister, read: readRegister },
  { name: "H", execute: (call) => void number(call, [0]) },
  ...Object.keys(INERT).map((name) => ({ name, execute: inert })),
  { name: "+CMEE", set: setErrorMode, read: readErrorMode, test: (call) => call.info("+CMEE: (0,1,2)") },
  { name: "+IPR", set: setRate, read: readRate, test: (call) => call.info(`+IPR: (),(${RATES.join(",")})`) },
];

/** The number of a basic command; 0 if left out (V.250 5.3.1). */
function number(call: Call, choices: readonly number[]): number {
  const value = Number(call.arguments[0]?.text ?? "0");
  if (!choices.includes(value)) throw new PlainError();
  return value;
}

function flag(change: (settings: LineSettings, on: boolean) => void): Handler {
  return (call, modem) => change(lineSettings(modem), number(call, [0, 1]) === 1);
}

function profile(change: (settings: LineSettings, modem: Modem) => void): Handler {
  return (call, modem) => {
    number(call, [0]);
    change(lineSettings(modem), modem);
  };
}

function inert(call: Call, modem: Modem): void {
  lineSettings(modem).numbers.set(call.name, number(call, INERT[call.name] ?? []));
}

function register(call: Call): Register {
  const found = registers.get(Number(call.arguments[0]?.text));
  if (found === undefined) throw new PlainError("no such register");
  return found;
}

function writeRegister(call: Call, modem: Modem): void {
  const { most, write } = register(call);
  const value = Number(call.arguments[1]?.text);
  if (value > most) throw new PlainError("out of range");
  write(lineSettings(modem), value);
}

function readRegister(call: Call, modem: Modem): void {
  call.info(String(register(call).read(lineSettings(modem))).padStart(3, "0"));
}

function setErrorMode(call: Call, modem: Modem): void {
  expectCount(call, 0, 1);
  lineSettings(modem).errorMode = integerAt(call, 0, 0, 2, 0);
}

function readErrorMode(call: Call, modem: Modem): void {
  call.info(`+CMEE: ${lineSettings(modem).errorMode}`);
}

function setRate(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const rate = integerAt(call, 0, 0, 4_000_000);
  if (!RATES.includes(rate)) throw new CommandError(INCORRECT_PARAMETERS);
  lineSettings(modem).rate = rate;
}

function readRate(call: Call, modem: Modem): void {
  call.info(`+IPR: ${lineSettings(modem).rate}`);
}
