import { isIP } from "node:net";
import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { incorrectParameters, notSupported } from "../errors";
import { asText, bytesOf, textAt } from "../messaging/text";
import { SECURITY_PROFILES } from "../security/profile";
import { mqttClient } from "./client";
import { mqttFaults } from "./faults";
import {
  factoryProfile,
  type MqttProfile,
  mqttProfile,
  replaceProfile,
  storedProfile,
  storeProfile,
  USUAL_PORT,
} from "./profile";
import { checkCharacters } from "./text";

const LONGEST = 256;
const HIGHEST_PORT = 65_535;
const HIGHEST_KEEP_ALIVE = 65_535;
const HIGHEST_CID = 8;
const HIGHEST_CODE = 255;

/** +UMQTT, +UMQTTNV (guide 6.1) and +UMQTTER (guide 6.8). */
export const mqttSettingCommands: readonly CommandDefinition[] = [
  {
    name: "+UMQTT",
    set: configure,
    read: printAll,
    test: (call, modem) => call.info(`+UMQTT: (${[...offered(modem)].map(([code]) => code).join()})`),
  },
  { name: "+UMQTTNV", set: manageProfile, test: (call) => call.info("+UMQTTNV: (0-2)") },
  { name: "+UMQTTER", execute: (call, modem) => call.info(`+UMQTTER: ${mqttClient(modem).lastError.join()}`) },
];

/** One op code of +UMQTT; its values begin at the second parameter. */
interface Setting {
  /** The maximum number of values. */
  readonly values: number;
  write(profile: MqttProfile, call: Call): void;
  read(profile: MqttProfile): string;
  /** `AT+UMQTT?` does not show it. */
  readonly hidden?: true;
  /** Only sister modules have it, as far as it is known. */
  readonly foreign?: true;
}

type Key<T> = { [K in keyof MqttProfile]: MqttProfile[K] extends T ? K : never }[keyof MqttProfile];

const settings: ReadonlyMap<number, Setting> = new Map<number, Setting>([
  [0, textSetting("clientId")],
  [1, { ...numberSetting("localPort", HIGHEST_PORT), foreign: true }],
  [2, { values: 2, write: setServer, read: ({ server, port }) => `"${server}",${port}` }],
  [3, { values: 2, write: setAddress, read: ({ address, addressPort }) => `"${address}",${addressPort}` }],
  // The password is never shown.
  [4, { values: 2, write: setUser, read: ({ user }) => `"${user}"` }],
  [6, numberSetting("willQos", 2)],
  [7, numberSetting("willRetain", 1)],
  [8, textSetting("willTopic")],
  [9, { values: 2, write: setWillMessage, read: ({ willInHex, willMessage }) => `${willInHex},"${willMessage}"` }],
  [10, numberSetting("keepAlive", HIGHEST_KEEP_ALIVE)],
  [11, { values: 2, write: setSecurity, read: readSecurity }],
  [12, { ...numberSetting("cleanSession", 1), foreign: true }],
  [
    20,
    { values: 2, write: setContext, read: ({ cid, preferredType }) => `${cid ?? 1},${preferredType}`, hidden: true },
  ],
]);

function* offered(modem: Modem): Iterable<readonly [code: number, setting: Setting]> {
  const { sisterSettings } = mqttFaults(modem);
  for (const [code, setting] of settings) if (setting.foreign !== true || sisterSettings) yield [code, setting];
}

function configure(call: Call, modem: Modem): void {
  expectCount(call, 1, 3);
  checkCharacters(call, modem);
  const code = integerAt(call, 0, 0, HIGHEST_CODE);
  const setting = new Map(offered(modem)).get(code);
  if (setting === undefined) throw notSupported();
  const profile = mqttProfile(modem);
  if (call.arguments.length === 1) {
    call.info(`+UMQTT: ${code},${setting.read(profile)}`);
    return;
  }
  if (call.arguments.length > setting.values + 1) throw incorrectParameters();
  setting.write(profile, call);
}

function printAll(call: Call, modem: Modem): void {
  const profile = mqttProfile(modem);
  for (const [code, { read, hidden }] of offered(modem)) {
    if (hidden !== true) call.info(`+UMQTT: ${code},${read(profile)}`);
  }
}

function manageProfile(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const what = integerAt(call, 0, 0, 2);
  if (what === 0) replaceProfile(modem, factoryProfile(modem));
  else if (what === 1) replaceProfile(modem, storedProfile(modem));
  else storeProfile(modem, mqttProfile(modem));
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

/** Names and addresses alike: the guide's example has an address (6.1.1), u-blox's own driver has names. */
function setServer(profile: MqttProfile, call: Call): void {
  const server = stringAt(call, 1, LONGEST);
  const port = integerAt(call, 2, 1, HIGHEST_PORT, USUAL_PORT);
  Object.assign(profile, { server, port });
}

function setAddress(profile: MqttProfile, call: Call): void {
  const address = stringAt(call, 1, LONGEST);
  if (address !== "" && isIP(address) === 0) throw incorrectParameters();
  const addressPort = integerAt(call, 2, 1, HIGHEST_PORT, USUAL_PORT);
  Object.assign(profile, { address, addressPort });
}

function setUser(profile: MqttProfile, call: Call): void {
  const user = stringAt(call, 1, LONGEST);
  const password = stringAt(call, 2, LONGEST, "");
  asText(user);
  Object.assign(profile, { user, password });
}

/** Read back with a flag in front (guide 6.1.1), so that digits probably go in by it too. */
function setWillMessage(profile: MqttProfile, call: Call): void {
  const willInHex = integerAt(call, 2, 0, 1, 0);
  const willMessage = stringAt(call, 1, LONGEST);
  bytesOf(willMessage, willInHex === 1);
  Object.assign(profile, { willMessage, willInHex });
}

function setSecurity(profile: MqttProfile, call: Call): void {
  const secure = integerAt(call, 1, 0, 1);
  const security = call.arguments.length > 2 ? integerAt(call, 2, 0, SECURITY_PROFILES - 1) : undefined;
  Object.assign(profile, { secure, security });
}

function readSecurity({ secure, security }: MqttProfile): string {
  return security === undefined ? `${secure}` : `${secure},${security}`;
}

function setContext(profile: MqttProfile, call: Call): void {
  const cid = integerAt(call, 1, 1, HIGHEST_CID);
  const preferredType = integerAt(call, 2, 0, 1, 0);
  Object.assign(profile, { cid, preferredType });
}
