import { milliseconds } from "../../faults/fault";
import type { FaultRule } from "../../faults/spec";
import type { Trap } from "../../faults/trap";
import type { PersonalityFault } from "../../personality";
import { mqttClient } from "./client";
import { MQTT_FAULT_RULES } from "./fault-rules";
import { type MqttFaults, mqttFaults } from "./faults";

type Trapped = { [K in keyof MqttFaults]: MqttFaults[K] extends Trap ? K : never }[keyof MqttFaults];
type Switch = { [K in keyof MqttFaults]: MqttFaults[K] extends boolean ? K : never }[keyof MqttFaults];
type Effect = Pick<PersonalityFault, "start" | "end">;

const SILENCE = "60s";

const trap = (key: Trapped): Effect => ({
  start: (modem, { lasts }) => mqttFaults(modem)[key].arm(undefined, lasts),
  end: (modem) => mqttFaults(modem)[key].disarm(),
});

const turned = (key: Switch): Effect => ({
  start: (modem) => {
    mqttFaults(modem)[key] = true;
  },
  end: (modem) => {
    mqttFaults(modem)[key] = false;
  },
});

type FaultName = keyof typeof MQTT_FAULT_RULES;

const EFFECTS: Readonly<Record<FaultName, Effect>> = {
  "mqtt-refused": trap("refusedLogin"),
  "mqtt-closed": trap("closedSession"),
  "mqtt-dropped": { start: (modem, { value }) => mqttClient(modem).drop(Number(value)) },
  "mqtt-ping-failure": { start: (modem) => mqttClient(modem).failPing() },
  "mqtt-lost-result": trap("lostResult"),
  "mqtt-binary-result": turned("binaryResult"),
  "mqtt-late-prompt": {
    start: (modem, { value = "0", lasts }) => mqttFaults(modem).latePrompt.arm(milliseconds(value), lasts),
    end: (modem) => mqttFaults(modem).latePrompt.disarm(),
  },
  "mqtt-stuck": {
    start: (modem, { value = SILENCE, silence }) => {
      mqttFaults(modem).stuck.arm({ silence: milliseconds(value), silent: silence }, false);
    },
  },
  "mqtt-sister-settings": turned("sisterSettings"),
  "mqtt-ascii": turned("asciiOnly"),
};

const rules: Readonly<Record<string, Omit<FaultRule, "end">>> = MQTT_FAULT_RULES;

/** What can go wrong with MQTT on demand (AT facts 5.2). */
export const mqttFaultTable: Readonly<Record<string, PersonalityFault>> = Object.fromEntries(
  Object.entries(rules).map(([name, rule]) => [name, { ...rule, ...EFFECTS[name as FaultName] }]),
);
