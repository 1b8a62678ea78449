import type { Call, CommandDefinition } from "../line/command";
import { choiceAt, expectCount } from "../line/parameters";
import type { Modem } from "../modem";
import { characterSetCommand } from "./character-set";

/** One parameter: its values and its initial one. */
interface SettingField {
  readonly choices: readonly number[];
  readonly initial: number;
  readonly print?: string;
}

/** A command that stores numbers, reads them back, and lists their values. */
export interface Setting {
  readonly name: string;
  readonly fields: readonly SettingField[];
  /** Kept in NVM; a reboot resets the others to their initial values. */
  readonly stored?: true;
}

export const flag: SettingField = { choices: [0, 1], initial: 0 };
const upTo = (most: number, initial = 0): SettingField => ({
  choices: Array.from({ length: most + 1 }, (_, value) => value),
  initial,
});
const only = (value: number): SettingField => ({ choices: [value], initial: value });

/** Settings of 27.007 and 27.005 that only affect their own read form, or that other code reads by `setting`. */
const SETTINGS: readonly Setting[] = [
  { name: "+CMER", fields: [upTo(3), only(0), only(0), upTo(2), flag] },
  { name: "+CGEREP", fields: [upTo(2), flag] },
  { name: "+CMGF", fields: [flag] },
  { name: "+CNMI", fields: [upTo(2), upTo(3), { choices: [0, 2], initial: 0 }, upTo(2), flag] },
  { name: "+CSDH", fields: [flag] },
  { name: "+CSMP", fields: [upTo(255, 17), upTo(255, 167), upTo(255), upTo(255)] },
  { name: "+CMMS", fields: [upTo(2)] },
  { name: "+CTZU", fields: [flag] },
  { name: "+CTZR", fields: [upTo(2)] },
  { name: "+CRC", fields: [flag] },
  { name: "+CVHU", fields: [upTo(1, 1)] },
  { name: "+CEMODE", fields: [{ choices: [0, 1, 2, 3], initial: 0 }] },
  {
    name: "+IFC",
    fields: [
      { choices: [0, 2], initial: 2 },
      { choices: [0, 2], initial: 2 },
    ],
  },
  { name: "+ICF", fields: [only(3), { choices: [0, 1], initial: 1 }] },
  { name: "+WS46", fields: [only(28)] },
];

/** The current values of a setting of 27.007 or 27.005. */
export function setting(modem: Modem, name: string): readonly number[] {
  const known = SETTINGS.find((entry) => entry.name === name);
  return known === undefined ? [] : current(modem, known);
}

function current(modem: Modem, { name, fields, stored }: Setting): readonly number[] {
  const kept = stored ? modem.storage.get<number[]>(key(name)) : values(modem).get(name);
  return kept ?? fields.map(({ initial }) => initial);
}

function values(modem: Modem): Map<string, readonly number[]> {
  return modem.service("common.settings", () => new Map<string, readonly number[]>());
}

const key = (name: string) => `setting.${name}`;

/** The command of a setting. */
export function settingCommand(entry: Setting): CommandDefinition {
  const { name, fields, stored } = entry;
  return {
    name,
    set(call: Call, modem: Modem) {
      expectCount(call, 1, fields.length);
      const now = current(modem, entry);
      // Parameters left out keep their values.
      const next = fields.map(({ choices, initial }, index) => choiceAt(call, index, choices, now[index] ?? initial));
      if (stored) modem.storage.set(key(name), next);
      else values(modem).set(name, next);
    },
    read: (call, modem) => call.info(`${name}: ${current(modem, entry).join(",")}`),
    test: (call) => call.info(`${name}: ${fields.map(({ choices }) => `(${choices.join(",")})`).join(",")}`),
  };
}

/** Call and supplementary service commands whose read form needs the network; there are no calls to report. */
const supplementary: readonly CommandDefinition[] = [
  {
    name: "+CLIP",
    set: serviceFlag,
    read: (call) => call.info("+CLIP: 0,2"),
    test: (call) => call.info("+CLIP: (0,1)"),
  },
  { name: "+CCWA", set: serviceFlag, read: (call) => call.info("+CCWA: 0"), test: (call) => call.info("+CCWA: (0,1)") },
  { name: "+CLCC", execute: () => undefined, test: () => undefined },
  // 0: ready; there is never a call (27.007 8.1).
  { name: "+CPAS", execute: (call) => call.info("+CPAS: 0"), test: (call) => call.info("+CPAS: (0,3,4)") },
];

function serviceFlag(call: Call): void {
  expectCount(call, 1, 3);
  choiceAt(call, 0, [0, 1]);
}

export const settingCommands: readonly CommandDefinition[] = [
  ...SETTINGS.map(settingCommand),
  ...supplementary,
  characterSetCommand,
];
