import { flag, settingCommand } from "../cellular/settings";
import type { Call, CommandDefinition } from "../line/command";
import { choiceAt, expectCount, integerAt, stringAt } from "../line/parameters";
import { lineSettings } from "../line/settings";
import type { Modem } from "../modem";
import { incorrectParameters } from "./errors";
import { pinCommands } from "./pins";

/** Settings that a host makes after power-on (development note, start-up): port, power saving, radio access, pins. */
export const configurationCommands: readonly CommandDefinition[] = [
  { name: "+UPSV", set: setPowerSaving, read: readPowerSaving, test: (call) => call.info("+UPSV: (0,1,3),(40-65000)") },
  settingCommand({ name: "+UPSMR", fields: [flag] }),
  { name: "+UURCCONF", set: setUrcs, read: readUrcs, test: (call) => call.info("+UURCCONF: (0-2)") },
  { name: "+USIO", set: setPortLayout, read: readPortLayout, test: (call) => call.info(`+USIO: (0-${LAST_LAYOUT})`) },
  { name: "+URAT", set: setTechnologies, read: readTechnologies, test: (call) => call.info("+URAT: (0,2,3),(0,2,3)") },
  { name: "+UBANDMASK", set: setBands, read: readBands, test: (call) => call.info("+UBANDMASK: (2,3)") },
  ...pinCommands,
  {
    name: "+CSGT",
    set: setGreeting,
    read: readGreeting,
    test: (call) => call.info(`+CSGT: (0,1),${LONGEST_GREETING}`),
  },
  { name: "+CPWROFF", execute: switchOff, test: () => undefined },
];

const POWER_SAVING = [0, 1, 3];
const WITH_IDLE_TIME = 1;
/** GSM frames of 4.6 ms without traffic before the modem sleeps. */
const IDLE_FRAMES = 2000;
const FRAMES = "+UPSV frames";

/** Stored with the line's other settings by `&W`. Nothing is lost here while the modem "sleeps". */
function setPowerSaving(call: Call, modem: Modem): void {
  expectCount(call, 1, 2);
  const mode = choiceAt(call, 0, POWER_SAVING);
  if (call.arguments.length > 1 && mode !== WITH_IDLE_TIME) throw incorrectParameters();
  const frames = integerAt(call, 1, 40, 65_000, IDLE_FRAMES);
  lineSettings(modem).numbers.set("+UPSV", mode).set(FRAMES, frames);
}

function readPowerSaving(call: Call, modem: Modem): void {
  const { numbers } = lineSettings(modem);
  const mode = numbers.get("+UPSV") ?? 0;
  call.info(`+UPSV: ${mode}${mode === WITH_IDLE_TIME ? `,${numbers.get(FRAMES) ?? IDLE_FRAMES}` : ""}`);
}

const ON_NO_PORT = 2;
const URC_PORTS = "+UURCCONF";

/** URCs on all ports, on this one or on none (development note, URC configuration); lost at a reboot. */
function setUrcs(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const mode = integerAt(call, 0, 0, ON_NO_PORT);
  modem.service(URC_PORTS, () => ({ mode })).mode = mode;
  lineSettings(modem).unsolicited = mode !== ON_NO_PORT;
}

function readUrcs(call: Call, modem: Modem): void {
  call.info(`+UURCCONF: ${modem.service(URC_PORTS, () => ({ mode: 0 })).mode}`);
}

const LAYOUT = "ublox.port-layout";
const LAST_LAYOUT = 5;

function layout(modem: Modem): number {
  return modem.storage.get<number>(LAYOUT) ?? 0;
}

/** The layout of the last start is in force; a star marks it. */
function layoutInForce(modem: Modem): { readonly value: number } {
  return modem.service(LAYOUT, () => ({ value: layout(modem) }));
}

function setPortLayout(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  layoutInForce(modem);
  modem.storage.set(LAYOUT, integerAt(call, 0, 0, LAST_LAYOUT));
}

function readPortLayout(call: Call, modem: Modem): void {
  call.info(`+USIO: ${layout(modem)},*${layoutInForce(modem).value}`);
}

/** +URAT's numbers: GSM, UTRAN, LTE. */
const TECHNOLOGIES = [0, 2, 3];
const PREFERENCE = "ublox.technologies";

/** In order of preference, each at most once; kept in NVM. The only cell does not change. */
function setTechnologies(call: Call, modem: Modem): void {
  expectCount(call, 1, TECHNOLOGIES.length);
  const wanted = call.arguments.map((_, index) => choiceAt(call, index, TECHNOLOGIES));
  if (new Set(wanted).size !== wanted.length) throw incorrectParameters();
  modem.storage.set(PREFERENCE, wanted);
}

function readTechnologies(call: Call, modem: Modem): void {
  call.info(`+URAT: ${(modem.storage.get<number[]>(PREFERENCE) ?? [3, 2, 0]).join(",")}`);
}

/** 64-bit masks in decimal digits, bit n-1 for band n; LTE has a second one for bands 65 to 128. */
interface Bands {
  readonly lte: readonly [string, string];
  /** 2G and 3G share one. */
  readonly other: string;
}

const BANDS = "ublox.bands";
const FACTORY_BANDS: Bands = { lte: ["2061752998111", "0"], other: "562950035734912" };
const OTHER = 2;
const HIGHEST_MASK = 0xffff_ffff_ffff_ffffn;

function mask(call: Call, index: number, fallback?: string): string {
  const argument = call.arguments[index];
  if (argument === undefined && fallback !== undefined) return fallback;
  const wrong = argument === undefined || argument.quoted || !/^\d{1,20}$/.test(argument.text);
  if (wrong || BigInt(argument.text) > HIGHEST_MASK) throw incorrectParameters();
  return BigInt(argument.text).toString();
}

function setBands(call: Call, modem: Modem): void {
  const technology = choiceAt(call, 0, [OTHER, 3]);
  expectCount(call, 2, technology === OTHER ? 2 : 3);
  const before = modem.storage.get<Bands>(BANDS) ?? FACTORY_BANDS;
  const change = technology === OTHER ? { other: mask(call, 1) } : { lte: [mask(call, 1), mask(call, 2, "0")] };
  modem.storage.set(BANDS, { ...before, ...change });
}

function readBands(call: Call, modem: Modem): void {
  const { lte, other } = modem.storage.get<Bands>(BANDS) ?? FACTORY_BANDS;
  call.info(`+UBANDMASK: 3,${lte.join(",")},${OTHER},${other}`);
}

const LONGEST_GREETING = 49;
const GREETING = "ublox.greeting";

interface Greeting {
  readonly mode: number;
  readonly text: string;
}

function greetingOf(modem: Modem): Greeting {
  return modem.storage.get<Greeting>(GREETING) ?? { mode: 0, text: "" };
}

/** What a start prints (AT facts 1.8); nothing unless a host asked for it. */
export function greeting(modem: Modem): string {
  const { mode, text } = greetingOf(modem);
  return mode === 1 ? text : "";
}

function setGreeting(call: Call, modem: Modem): void {
  expectCount(call, 1, 2);
  const mode = choiceAt(call, 0, [0, 1]);
  modem.storage.set(GREETING, { mode, text: stringAt(call, 1, LONGEST_GREETING, greetingOf(modem).text) });
}

/** 27.007 8.32: the text stands first. */
function readGreeting(call: Call, modem: Modem): void {
  const { mode, text } = greetingOf(modem);
  call.info(`+CSGT: "${text}",${mode}`);
}

/** OK, then the line is dead until the modem is switched on. */
function switchOff(call: Call, modem: Modem): void {
  call.afterResult(() => modem.powerOff("+CPWROFF"));
}
