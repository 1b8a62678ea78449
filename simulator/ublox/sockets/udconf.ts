import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { incorrectParameters, notSupported } from "../errors";
import {
  storeDefaultConnection,
  storedDefaultConnection,
  storeTranslation,
  translation,
} from "../packet-data/data-connection";
import { TRIGGER_RULES, type TriggerRule } from "./direct-link-triggers";
import { socketTable } from "./table";

const HIGHEST_CID = 8;
const HEX_MODE = 1;
/** Whether DSR changes before or after `DISCONNECT`. */
const DSR_EDGE = 10;
const DEFAULT_CONNECTION = 19;
/** Guide 2.5: the number of the feature is part of every value. */
const TRANSLATION = 66;
const TRANSLATION_FEATURE = 4;

/** +UDCONF: settings by op code. */
export const moduleSettingCommands: readonly CommandDefinition[] = [
  { name: "+UDCONF", set: configure, test: (call) => call.info(`+UDCONF: (${[...settings.keys()].join(",")})`) },
];

/** One setting of +UDCONF: how to read and write it. */
interface Setting {
  /** Parameters after the op code that select the setting's owner. */
  readonly keys: number;
  /** Parameters that follow when it is written. */
  readonly values: number;
  read(call: Call, modem: Modem): string;
  write(call: Call, modem: Modem): void;
}

const settings: ReadonlyMap<number, Setting> = new Map<number, Setting>(
  [
    [HEX_MODE, volatileFlag(HEX_MODE)] as const,
    // The simulated line has no DSR.
    [DSR_EDGE, volatileFlag(DSR_EDGE)] as const,
    ...[...TRIGGER_RULES].map(([code, rule]) => [code, triggerSetting(rule)] as const),
    [DEFAULT_CONNECTION, { keys: 0, values: 2, read: readDefaultConnection, write: writeDefaultConnection }] as const,
    [TRANSLATION, { keys: 0, values: 2, read: readTranslation, write: setTranslation }] as const,
  ].sort(([left], [right]) => left - right),
);

function configure(call: Call, modem: Modem): void {
  expectCount(call, 1, 3);
  const code = integerAt(call, 0, 0, 255);
  const setting = settings.get(code);
  if (setting === undefined) throw notSupported();
  const { keys, values } = setting;
  const given = call.arguments.length - 1;
  if (given === keys) call.info(`+UDCONF: ${code},${setting.read(call, modem)}`);
  else if (given === keys + values) setting.write(call, modem);
  else throw incorrectParameters();
}

/** The flags that a reboot resets, by op code. */
function flags(modem: Modem): Map<number, number> {
  return modem.service("ublox.module-flags", () => new Map<number, number>());
}

function volatileFlag(code: number): Setting {
  return {
    keys: 0,
    values: 1,
    read: (_, modem) => String(flags(modem).get(code) ?? 0),
    write: (call, modem) => void flags(modem).set(code, integerAt(call, 1, 0, 1)),
  };
}

/** Whether socket commands carry their data as hexadecimal digits (+UDCONF=1). */
export function hexMode(modem: Modem): boolean {
  return flags(modem).get(HEX_MODE) === 1;
}

/** Valid for one socket until it is removed. */
function triggerSetting({ trigger, least, most, off = least }: TriggerRule): Setting {
  return {
    keys: 1,
    values: 1,
    read: (call, modem) => {
      const socket = socketTable(modem).at(call, 1);
      return `${socket.id},${socket.triggers[trigger]}`;
    },
    write: (call, modem) => {
      const { triggers } = socketTable(modem).at(call, 1);
      const value = integerAt(call, 2, Math.min(off, least), most);
      if (value !== off && value < least) throw incorrectParameters();
      triggers[trigger] = value;
    },
  };
}

function readDefaultConnection(_: Call, modem: Modem): string {
  const { cid, type } = storedDefaultConnection(modem);
  return `${cid},${type}`;
}

function writeDefaultConnection(call: Call, modem: Modem): void {
  storeDefaultConnection(modem, { cid: integerAt(call, 1, 1, HIGHEST_CID), type: integerAt(call, 2, 0, 1) });
}

function readTranslation(_: Call, modem: Modem): string {
  return `${TRANSLATION_FEATURE},${translation(modem)}`;
}

/** 464XLAT (guide 2.5). */
function setTranslation(call: Call, modem: Modem): void {
  integerAt(call, 1, TRANSLATION_FEATURE, TRANSLATION_FEATURE);
  storeTranslation(modem, integerAt(call, 2, 0, 1));
}
