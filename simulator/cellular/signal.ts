import type { Call, CommandDefinition } from "../line/command";
import { CommandError } from "../line/command-error";
import { choiceAt, expectCount } from "../line/parameters";
import type { Modem } from "../modem";
import { setting } from "./settings";

const NO_SIGNAL = -113;
const RESTART = [15, 16];
const FUNCTIONALITIES = [0, 1, 4, ...RESTART];
const functionalities = (modem: Modem) => modem.personality.functionalities ?? FUNCTIONALITIES;
const OPERATION_NOT_ALLOWED = 3;

/** An indicator of +CIND: its values and its current one. */
interface Indicator {
  readonly name: string;
  readonly most: number;
  readonly value: (modem: Modem) => number;
}

const INDICATORS: readonly Indicator[] = [
  { name: "battchg", most: 5, value: () => 5 },
  { name: "signal", most: 5, value: bars },
  { name: "service", most: 1, value: (modem) => (modem.radio.registration === 1 ? 1 : 0) },
  { name: "sounder", most: 1, value: () => 0 },
  { name: "message", most: 1, value: () => 0 },
  { name: "call", most: 1, value: () => 0 },
  { name: "roam", most: 1, value: (modem) => (modem.radio.registration === 5 ? 1 : 0) },
  { name: "smsfull", most: 1, value: () => 0 },
];
const SERVICE = 1 + INDICATORS.findIndex(({ name }) => name === "service");

/** Functionality, signal and indicators (27.007 8.2, 8.5, 8.69, 8.9, 8.10). */
export const signalCommands: readonly CommandDefinition[] = [
  {
    name: "+CFUN",
    set: setFunctionality,
    read: (call, modem) => call.info(`+CFUN: ${modem.radio.functionality}`),
    test: (call, modem) => call.info(`+CFUN: (${functionalities(modem).join(",")}),(0,1)`),
  },
  { name: "+CSQ", execute: signalQuality, test: (call) => call.info("+CSQ: (0-31,99),(0-7,99)") },
  {
    name: "+CESQ",
    execute: extendedQuality,
    test: (call) => call.info("+CESQ: (99),(99),(255),(255),(0-34,255),(0-97,255)"),
  },
  {
    name: "+CIND",
    read: (call, modem) => call.info(`+CIND: ${INDICATORS.map(({ value }) => value(modem)).join(",")}`),
    test: listIndicators,
  },
];

function setFunctionality(call: Call, modem: Modem): void {
  expectCount(call, 1, 2);
  const value = choiceAt(call, 0, functionalities(modem));
  const restart = choiceAt(call, 1, [0, 1], 0) === 1;
  if (restart && value !== 1) throw new CommandError(OPERATION_NOT_ALLOWED);
  if (restart || RESTART.includes(value)) call.afterResult(() => modem.reboot(`+CFUN=${value}`));
  else modem.radio.setFunctionality(value);
}

function signalQuality(call: Call, modem: Modem): void {
  const { rssi } = modem.radio.signal;
  const steps = rssi <= NO_SIGNAL ? 99 : Math.min(31, Math.floor((rssi - NO_SIGNAL) / 2));
  call.info(`+CSQ: ${steps},99`);
}

/** RSRQ in half decibels from -20, RSRP in decibels from -141 (27.007 8.69). */
function extendedQuality(call: Call, modem: Modem): void {
  const { rssi, rsrp, rsrq } = modem.radio.signal;
  const known = rssi > NO_SIGNAL;
  call.info(`+CESQ: 99,99,255,255,${known ? Math.round((rsrq + 20) * 2) : 255},${known ? rsrp + 141 : 255}`);
}

function bars(modem: Modem): number {
  const { rssi } = modem.radio.signal;
  return Math.max(0, Math.min(5, Math.floor((rssi - NO_SIGNAL) / 8)));
}

function listIndicators(call: Call): void {
  call.info(`+CIND: ${INDICATORS.map(({ name, most }) => `("${name}",(0-${most}))`).join(",")}`);
}

/** +CIEV for the only indicator that changes here, if +CMER's <ind> asks for it. */
export function reportIndicators(modem: Modem): void {
  modem.radio.onRegistration((stat) => {
    const [mode = 0, , , indicators = 0] = setting(modem, "+CMER");
    if (mode > 0 && indicators > 0) modem.urc(`+CIEV: ${SERVICE},${stat === 1 ? 1 : 0}`);
  });
}
