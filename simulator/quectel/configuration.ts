import type { Argument, Call, CommandDefinition } from "../line/command";
import { CommandError } from "../line/command-error";
import { INCORRECT_PARAMETERS, stringAt } from "../line/parameters";
import type { Modem } from "../modem";

const LONGEST_NAME = 32;

/** One `name` of a configuration command; its values, as patterns of their text. */
interface Item {
  readonly values: readonly RegExp[];
  readonly factory: string;
  /** The value may be followed by 0 or 1: not now, or at once (or for +QINDCFG: kept or not). */
  readonly effect?: true;
}

const FLAG = /^[01]$/;
const RI_PULSE = /^"(pulse|off)"$/;
/** ms, as a pattern */
const PULSE_WIDTH = /^([5-9]|[1-9]\d{1,2}|1\d{3}|2000)$/;
const HEX = /^(0x)?[0-9a-f]{1,16}$/i;

/** AT manual, +QCFG: items for the choice of network and the behaviour of URCs. */
const QCFG: ReadonlyMap<string, Item> = new Map([
  ["nwscanmode", { values: [/^[013]$/], factory: "0", effect: true }],
  ["nwscanseq", { values: [/^(0[0-3]){1,3}$/], factory: "020103", effect: true }],
  ["iotopmode", { values: [/^[012]$/], factory: "2", effect: true }],
  ["band", { values: [HEX, HEX, HEX], factory: "0xf,0x400a0e189f,0xa0e189f", effect: true }],
  ["servicedomain", { values: [/^[012]$/], factory: "1", effect: true }],
  ["roamservice", { values: [/^(1|2|255)$/], factory: "255", effect: true }],
  ["gprsattach", { values: [FLAG], factory: "1" }],
  ["simeffect", { values: [FLAG], factory: "1" }],
  ["psm/enter", { values: [FLAG], factory: "0" }],
  ["psm/urc", { values: [FLAG], factory: "0" }],
  // AP_READY pin, its level and how often it is looked at (ms); the host of a simulated modem is always ready.
  ["apready", { values: [FLAG, FLAG, /^([1-9]\d{2}|[12]\d{3}|3000)$/], factory: "0,0,500" }],
  ["urc/ri/smsincoming", { values: [RI_PULSE, PULSE_WIDTH], factory: '"pulse",120' }],
  ["urc/ri/other", { values: [RI_PULSE, PULSE_WIDTH], factory: '"pulse",120' }],
  ["urc/delay", { values: [FLAG], factory: "0" }],
  ["risignaltype", { values: [/^"(respective|physical)"$/], factory: '"respective"' }],
]);

const QURCCFG: ReadonlyMap<string, Item> = new Map([
  ["urcport", { values: [/^"(usbat|usbmodem|uart1)"$/], factory: '"uart1"' }],
]);

const QINDCFG: ReadonlyMap<string, Item> = new Map([
  ["all", { values: [FLAG], factory: "1", effect: true }],
  ["csq", { values: [FLAG], factory: "0", effect: true }],
  ["smsfull", { values: [FLAG], factory: "0", effect: true }],
  ["ring", { values: [FLAG], factory: "1", effect: true }],
  ["smsincoming", { values: [FLAG], factory: "1", effect: true }],
]);

/** `AT+X="name"` prints, `AT+X="name",values` keeps them in NVM. */
function configurationCommand(name: string, items: ReadonlyMap<string, Item>): CommandDefinition {
  return {
    name,
    test: (call) => {
      for (const [item, { values }] of items) call.info(`${name}: "${item}"${",<value>".repeat(values.length)}`);
    },
    set: (call, modem) => configure(call, modem, items),
  };
}

function configure(call: Call, modem: Modem, items: ReadonlyMap<string, Item>): void {
  const name = stringAt(call, 0, LONGEST_NAME).toLowerCase();
  const item = items.get(name);
  if (item === undefined) throw new CommandError(INCORRECT_PARAMETERS);
  const key = `quectel.${call.name}.${name}`;
  const written = call.arguments.slice(1).map(asWritten);
  if (written.length === 0) call.info(`${call.name}: "${name}",${modem.storage.get<string>(key) ?? item.factory}`);
  else modem.storage.set(key, accepted(item, written));
}

function accepted(item: Item, written: readonly string[]): string {
  const effect = item.effect === true && written.length === item.values.length + 1 ? written.at(-1) : undefined;
  const values = effect === undefined ? written : written.slice(0, -1);
  const fits = values.length === item.values.length && item.values.every((form, at) => form.test(values[at] ?? ""));
  if (!fits || (effect !== undefined && !FLAG.test(effect))) throw new CommandError(INCORRECT_PARAMETERS);
  return values.join(",");
}

function asWritten({ text, quoted }: Argument): string {
  return quoted ? `"${text}"` : text;
}

export const configurationCommands: readonly CommandDefinition[] = [
  configurationCommand("+QCFG", QCFG),
  configurationCommand("+QURCCFG", QURCCFG),
  configurationCommand("+QINDCFG", QINDCFG),
];
