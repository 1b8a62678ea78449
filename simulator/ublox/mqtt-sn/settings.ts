import { HAS_DTLS } from "../../internet/dtls/platform";
import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import {
  addressSetting,
  configure,
  contextSetting,
  numberSetting,
  printAll,
  type Setting,
  type Settings,
  securitySetting,
  serverSetting,
  textSetting,
} from "../messaging/settings";
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

const LONGEST_DURATION = 65_535;

/** +UMQTTSN, +UMQTTSNNV (guide 7.1) and +UMQTTSNER (guide 7.9). */
export const mqttSnSettingCommands: readonly CommandDefinition[] = [
  {
    name: "+UMQTTSN",
    set: (call, modem) => configure(call, "+UMQTTSN", settings, mqttSnProfile(modem)),
    read: (call, modem) => printAll(call, "+UMQTTSN", settings, mqttSnProfile(modem)),
    test: (call) => call.info(`+UMQTTSN: (${[...settings.keys()].join()})`),
  },
  { name: "+UMQTTSNNV", set: manageProfile, test: (call) => call.info("+UMQTTSNNV: (0-2)") },
  { name: "+UMQTTSNER", execute: (call, modem) => call.info(`+UMQTTSNER: ${mqttSnClient(modem).lastError.join()}`) },
];

const settings: Settings<MqttSnProfile> = new Map<number, Setting<MqttSnProfile>>([
  [0, textSetting("clientId")],
  [1, serverSetting(USUAL_PORT)],
  [2, addressSetting(USUAL_PORT)],
  [4, numberSetting("willQos", 2)],
  [5, numberSetting("willRetain", 1)],
  [6, textSetting("willTopic")],
  // Read back with a 0 in front (guide 7.1.1).
  [7, { ...textSetting("willMessage"), read: ({ willMessage }) => `0,"${willMessage}"` }],
  [8, numberSetting("duration", LONGEST_DURATION)],
  [9, securitySetting(HAS_DTLS)],
  [10, { ...numberSetting("cleanSession", 1), hidden: true }],
  [20, contextSetting],
]);

function manageProfile(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const what = integerAt(call, 0, 0, 2);
  if (what === 0) replaceProfile(modem, factoryProfile(modem));
  else if (what === 1) replaceProfile(modem, storedProfile(modem));
  else storeProfile(modem, mqttSnProfile(modem));
}
