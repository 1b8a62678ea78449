import { isIP } from "node:net";
import { HAS_DTLS } from "../../internet/dtls/platform";
import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { incorrectParameters, notSupported } from "../errors";
import { textAt } from "../messaging/text";
import { SECURITY_PROFILES } from "../security/profile";
import { mqttSnClient } from "./client";
import {
  factoryProfile,
  type MqttSnProfile,
  mqttSnProfile,
  replaceProfile,
  storedProfile,
  storeProfile,
  USUAL_PORT,
} from "./profile";

const LONGEST = 256;
const HIGHEST_PORT = 65_535;
const LONGEST_DURATION = 65_535;
const HIGHEST_CID = 8;
const HIGHEST_CODE = 255;

/** +UMQTTSN, +UMQTTSNNV (guide 7.1) and +UMQTTSNER (guide 7.9). */
export const mqttSnSettingCommands: readonly CommandDefinition[] = [
  {
    name: "+UMQTTSN",
    set: configure,
    read: printAll,
    test: (call) => call.info(`+UMQTTSN: (${[...settings.keys()].join()})`),
  },
  { name: "+UMQTTSNNV", set: manageProfile, test: (call) => call.info("+UMQTTSNNV: (0-2)") },
  { name: "+UMQTTSNER", execute: (call, modem) => call.info(`+UMQTTSNER: ${mqttSnClient(modem).lastError.join()}`) },
];

/** One op code of +UMQTTSN; its values begin at the second parameter. */
interface Setting {
  /** The maximum number of values. */
  readonly values: number;
  write(profile: MqttSnProfile, call: Call): void;
  read(profile: MqttSnProfile): string;
  /** `AT+UMQTTSN?` does not show it. */
  readonly hidden?: true;
}

type Key<T> = { [K in keyof MqttSnProfile]: MqttSnProfile[K] extends T ? K : never }[keyof MqttSnProfile];

const settings: ReadonlyMap<number, Setting> = new Map<number, Setting>([
  [0, textSetting("clientId")],
  [1, { values: 2, write: setServer, read: ({ server, port }) => `"${server}",${port}` }],
  [2, { values: 2, write: setAddress, read: ({ address, addressPort }) => `"${address}",${addressPort}` }],
  [4, numberSetting("willQos", 2)],
  [5, numberSetting("willRetain", 1)],
  [6, textSetting("willTopic")],
  // Read back with a 0 in front (guide 7.1.1).
  [7, { ...textSetting("willMessage"), read: ({ willMessage }) => `0,"${willMessage}"` }],
  [8, numberSetting("duration", LONGEST_DURATION)],
  [9, { values: 2, write: setSecurity, read: readSecurity }],
  [10, { ...numberSetting("cleanSession", 1), hidden: true }],
  [
    20,
    { values: 2, write: setContext, read: ({ cid, preferredType }) => `${cid ?? 1},${preferredType}`, hidden: true },
  ],
]);

function configure(call: Call, modem: Modem): void {
  expectCount(call, 1, 3);
  const code = integerAt(call, 0, 0, HIGHEST_CODE);
  const setting = settings.get(code);
  if (setting === undefined) throw notSupported();
  const profile = mqttSnProfile(modem);
  if (call.arguments.length === 1) {
    call.info(`+UMQTTSN: ${code},${setting.read(profile)}`);
    return;
  }
  if (call.arguments.length > setting.values + 1) throw incorrectParameters();
  setting.write(profile, call);
}

function printAll(call: Call, modem: Modem): void {
  const profile = mqttSnProfile(modem);
  for (const [code, { read, hidden }] of settings) {
    if (hidden !== true) call.info(`+UMQTTSN: ${code},${read(profile)}`);
  }
}

function manageProfile(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const what = integerAt(call, 0, 0, 2);
  if (what === 0) replaceProfile(modem, factoryProfile(modem));
  else if (what === 1) replaceProfile(modem, storedProfile(modem));
  else storeProfile(modem, mqttSnProfile(modem));
}

function numberSetting(key: Key<number>, highest: number): Setting {
  return {
    values: 1,
    write(profile, call) {
      profile[key] = integerAt(call, 1, 0, highest);
    },
    read: (profile) => `${profile[key]}`,
  };
}

function textSetting(key: Key<string>): Setting {
  return {
    values: 1,
    write(profile, call) {
      textAt(call, 1, LONGEST);
      profile[key] = stringAt(call, 1, LONGEST);
    },
    read: (profile) => `"${profile[key]}"`,
  };
}

function setServer(profile: MqttSnProfile, call: Call): void {
  const server = stringAt(call, 1, LONGEST);
  const port = integerAt(call, 2, 1, HIGHEST_PORT, USUAL_PORT);
  Object.assign(profile, { server, port });
}

function setAddress(profile: MqttSnProfile, call: Call): void {
  const address = stringAt(call, 1, LONGEST);
  if (address !== "" && isIP(address) === 0) throw incorrectParameters();
  const addressPort = integerAt(call, 2, 1, HIGHEST_PORT, USUAL_PORT);
  Object.assign(profile, { address, addressPort });
}

function setSecurity(profile: MqttSnProfile, call: Call): void {
  const secure = integerAt(call, 1, 0, 1);
  if (secure === 1 && !HAS_DTLS) throw notSupported();
  const security = call.arguments.length > 2 ? integerAt(call, 2, 0, SECURITY_PROFILES - 1) : undefined;
  Object.assign(profile, { secure, security });
}

function readSecurity({ secure, security }: MqttSnProfile): string {
  return security === undefined ? `${secure}` : `${secure},${security}`;
}

function setContext(profile: MqttSnProfile, call: Call): void {
  const cid = integerAt(call, 1, 1, HIGHEST_CID);
  const preferredType = integerAt(call, 2, 0, 1, 0);
  Object.assign(profile, { cid, preferredType });
}
