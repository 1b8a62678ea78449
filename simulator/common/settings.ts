import type { Call, CommandDefinition } from "../line/command";
import { choiceAt, expectCount } from "../line/parameters";
import type { Modem } from "../modem";
import { characterSetCommand } from "./character-set";

/** One parameter: the values it takes, and the one it has at first. */
interface SettingField {
  readonly choices: readonly number[];
  readonly initial: number;
  readonly print?: string;
}

/** A command that keeps numbers, tells them again, and lists what they may be. */
interface Setting {
  readonly name: string;
  readonly fields: readonly SettingField[];
}

const flag: SettingField = { choices: [0, 1], initial: 0 };
const upTo = (most: number, initial = 0): SettingField => ({
  choices: Array.from({ length: most + 1 }, (_, value) => value),
  initial,
});
const only = (value: number): SettingField => ({ choices: [value], initial: value });

/** Settings of 27.007 and 27.005 that reach no further than their own read form, or are read by others with `setting`. */
const SETTINGS: readonly Setting[] = [
  { name: "+CMER", fields: [upTo(3), only(0), only(0), upTo(2), flag] },
  { name: "+CGEREP", fields: [upTo(2), flag] },
  { name: "+CMGF", fields: [flag] },
  { name: "+CNMI", fields: [upTo(2), upTo(3), { choices: [0, 2], initial: 0 }, upTo(2), flag] },
  { name: "+CTZU", fields: [flag] },
  { name: "+CTZR", fields: [upTo(2)] },
  { name: "+CUSD", fields: [upTo(2)] },
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

/** What a setting stands at; a reboot brings back the initial values. */
export function setting(modem: Modem, name: string): readonly number[] {
  return (
    values(modem).get(name) ?? SETTINGS.find((known) => known.name === name)?.fields.map(({ initial }) => initial) ?? []
  );
}

function values(modem: Modem): Map<string, readonly number[]> {
  return modem.service("common.settings", () => new Map<string, readonly number[]>());
}

function definition({ name, fields }: Setting): CommandDefinition {
  return {
    name,
    set(call: Call, modem: Modem) {
      expectCount(call, 1, fields.length);
      const now = setting(modem, name);
      // What is left out stays as it is.
      values(modem).set(
        name,
        fields.map(({ choices, initial }, index) => choiceAt(call, index, choices, now[index] ?? initial)),
      );
    },
    read: (call, modem) => call.info(`${name}: ${setting(modem, name).join(",")}`),
    test: (call) => call.info(`${name}: ${fields.map(({ choices }) => `(${choices.join(",")})`).join(",")}`),
  };
}

/** Supplementary services with a read form that needs the network; there are no calls to show anything for. */
const supplementary: readonly CommandDefinition[] = [
  {
    name: "+CLIP",
    set: serviceFlag,
    read: (call) => call.info("+CLIP: 0,2"),
    test: (call) => call.info("+CLIP: (0,1)"),
  },
  { name: "+CCWA", set: serviceFlag, read: (call) => call.info("+CCWA: 0"), test: (call) => call.info("+CCWA: (0,1)") },
  { name: "+CLCC", execute: () => undefined, test: () => undefined },
];

function serviceFlag(call: Call): void {
  expectCount(call, 1, 3);
  choiceAt(call, 0, [0, 1]);
}

export const settingCommands: readonly CommandDefinition[] = [
  ...SETTINGS.map(definition),
  ...supplementary,
  characterSetCommand,
];
