import type { Call, CommandDefinition } from "../../line/command";
import type { Modem } from "../../modem";
import type { Parameters } from "../parameters";
import { mqttClients } from "./clients";
import { mqttParameters, notNow } from "./errors";
import { mqttFaults } from "./faults";
import {
  HIGHEST_ID,
  IDENTITY,
  isNumberName,
  LONGEST_TEXT,
  type MqttSettings,
  mqttSettings,
  NUMBERS,
  type NumberName,
  type Rule,
  topicAt,
  type Will,
} from "./settings";

const LONGEST_ALI_TEXT = 64;
const FLAG = { min: 0, max: 1 } as const;
/** These may change while the client is open. */
const ANY_TIME: readonly string[] = ["timeout", "recv/mode"];

/** Without a value it prints the current one. */
function configure(call: Call, modem: Modem): void {
  const parameters = mqttParameters(call).expect(2, 7);
  const name = parameters.text(0).toLowerCase();
  const id = parameters.number(1, IDENTITY);
  if (!names(modem).includes(name)) throw notNow("no such parameter");
  const settings = mqttSettings(modem, id);
  if (parameters.count === 2) {
    const shown = print(settings, name);
    if (shown !== "") call.info(`+QMTCFG: "${name}",${shown}`);
    return;
  }
  if (mqttClients(modem).find(id) !== undefined && !ANY_TIME.includes(name)) throw notNow("the client is open");
  if (isNumberName(name)) settings.setNumbers(name, numbersOf(parameters, name, settings.numbers(name)));
  else if (name === "will") settings.will = willOf(parameters);
  else settings.ali = aliOf(parameters);
}

function names(modem: Modem): readonly string[] {
  const all = [...Object.keys(NUMBERS), "will", "aliauth"];
  return mqttFaults(modem).old ? all.filter((name) => name !== "recv/mode") : all;
}

function print(settings: MqttSettings, name: string): string {
  if (isNumberName(name)) return settings.numbers(name).join();
  if (name === "aliauth") return settings.ali.map((text) => `"${text}"`).join();
  const { will } = settings;
  return will === undefined ? "0" : `1,${will.qos},${will.retain},"${will.topic}","${will.message}"`;
}

/** Values that are left out keep what they were. */
function numbersOf(parameters: Parameters, name: NumberName, before: readonly number[]): readonly number[] {
  const rules: readonly Rule[] = NUMBERS[name];
  parameters.expect(3, 2 + rules.length);
  return rules.map(({ min, max }, index) => {
    const fallback = index > 0 ? before[index] : undefined;
    return parameters.number(2 + index, { min, max, ...(fallback === undefined ? {} : { fallback }) });
  });
}

function willOf(parameters: Parameters): Will | undefined {
  if (parameters.number(2, FLAG) === 0) {
    parameters.expect(3, 3);
    return undefined;
  }
  parameters.expect(7, 7);
  return {
    qos: parameters.number(3, { min: 0, max: 2 }),
    retain: parameters.number(4, FLAG),
    topic: topicAt(parameters, 5),
    message: parameters.text(6, { maxLength: LONGEST_TEXT }),
  };
}

function aliOf(parameters: Parameters): readonly string[] {
  parameters.expect(5, 5);
  return [2, 3, 4].map((index) => parameters.text(index, { maxLength: LONGEST_ALI_TEXT }));
}

function list(call: Call, modem: Modem): void {
  const known = names(modem);
  for (const [name, rules] of Object.entries<readonly Rule[]>(NUMBERS)) {
    const ranges = rules.map(({ min, max }) => `(${min}${max - min === 1 ? "," : "-"}${max})`).join();
    if (known.includes(name)) call.info(`+QMTCFG: "${name}",(0-${HIGHEST_ID}),${ranges}`);
  }
  call.info(`+QMTCFG: "will",(0-${HIGHEST_ID}),(0,1),(0-2),(0,1),<will_topic>,<will_msg>`);
  call.info(`+QMTCFG: "aliauth",(0-${HIGHEST_ID}),<product_key>,<device_name>,<device_secret>`);
}

/** AT facts 6. */
export const mqttSettingCommands: readonly CommandDefinition[] = [{ name: "+QMTCFG", test: list, set: configure }];
