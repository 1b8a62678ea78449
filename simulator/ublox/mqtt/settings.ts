import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import {
  addressSetting,
  configure,
  contextSetting,
  HIGHEST_PORT,
  LONGEST,
  numberSetting,
  printAll,
  type Setting,
  securitySetting,
  serverSetting,
  textSetting,
} from "../messaging/settings";
import { asText, bytesOf } from "../messaging/text";
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

const HIGHEST_KEEP_ALIVE = 65_535;

/** +UMQTT, +UMQTTNV (guide 6.1) and +UMQTTER (guide 6.8). */
export const mqttSettingCommands: readonly CommandDefinition[] = [
  {
    name: "+UMQTT",
    set,
    read: (call, modem) => printAll(call, "+UMQTT", offered(modem), mqttProfile(modem)),
    test: (call, modem) => call.info(`+UMQTT: (${[...offered(modem).keys()].join()})`),
  },
  { name: "+UMQTTNV", set: manageProfile, test: (call) => call.info("+UMQTTNV: (0-2)") },
  { name: "+UMQTTER", execute: (call, modem) => call.info(`+UMQTTER: ${mqttClient(modem).lastError.join()}`) },
];

interface OwnSetting extends Setting<MqttProfile> {
  /** Only sister modules have it, as far as it is known. */
  readonly foreign?: true;
}

const settings: readonly (readonly [code: number, setting: OwnSetting])[] = [
  [0, textSetting("clientId")],
  [1, { ...numberSetting("localPort", HIGHEST_PORT), foreign: true }],
  // Names and addresses alike: the guide's example has an address (6.1.1), u-blox's own driver has names.
  [2, serverSetting(USUAL_PORT)],
  [3, addressSetting(USUAL_PORT)],
  // The password is never shown.
  [4, { values: 2, write: setUser, read: ({ user }) => `"${user}"` }],
  [6, numberSetting("willQos", 2)],
  [7, numberSetting("willRetain", 1)],
  [8, textSetting("willTopic")],
  [9, { values: 2, write: setWillMessage, read: ({ willInHex, willMessage }) => `${willInHex},"${willMessage}"` }],
  [10, numberSetting("keepAlive", HIGHEST_KEEP_ALIVE)],
  [11, securitySetting(true)],
  [12, { ...numberSetting("cleanSession", 1), foreign: true }],
  [20, contextSetting],
];

function offered(modem: Modem): ReadonlyMap<number, OwnSetting> {
  const { sisterSettings } = mqttFaults(modem);
  return new Map(settings.filter(([, { foreign }]) => foreign !== true || sisterSettings));
}

function set(call: Call, modem: Modem): void {
  expectCount(call, 1, 3);
  checkCharacters(call, modem);
  configure(call, "+UMQTT", offered(modem), mqttProfile(modem));
}

function manageProfile(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const what = integerAt(call, 0, 0, 2);
  if (what === 0) replaceProfile(modem, factoryProfile(modem));
  else if (what === 1) replaceProfile(modem, storedProfile(modem));
  else storeProfile(modem, mqttProfile(modem));
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
