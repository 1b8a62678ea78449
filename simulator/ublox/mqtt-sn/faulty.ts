import { milliseconds } from "../../faults/fault";
import type { FaultRule } from "../../faults/spec";
import type { Trap } from "../../faults/trap";
import type { PersonalityFault } from "../../personality";
import { mqttSnClient } from "./client";
import { MQTT_SN_FAULT_RULES } from "./fault-rules";
import { type MqttSnFaults, mqttSnFaults } from "./faults";

type Trapped = { [K in keyof MqttSnFaults]: MqttSnFaults[K] extends Trap ? K : never }[keyof MqttSnFaults];
type Effect = Pick<PersonalityFault, "start" | "end">;

const trap = (key: Trapped): Effect => ({
  start: (modem, { lasts }) => mqttSnFaults(modem)[key].arm(undefined, lasts),
  end: (modem) => mqttSnFaults(modem)[key].disarm(),
});

type FaultName = keyof typeof MQTT_SN_FAULT_RULES;

const EFFECTS: Readonly<Record<FaultName, Effect>> = {
  "mqtt-sn-refused": trap("refusedConnect"),
  "mqtt-sn-invalid-topic": trap("invalidTopicId"),
  "mqtt-sn-forgotten-ids": { start: (modem) => mqttSnClient(modem).voidIds() },
  "mqtt-sn-dropped": { start: (modem, { value }) => mqttSnClient(modem).drop(Number(value)) },
  "mqtt-sn-ping-failure": { start: (modem) => mqttSnClient(modem).failPing() },
  "mqtt-sn-lost-result": trap("lostResult"),
  "mqtt-sn-retry": {
    start: (modem, { value = "0" }) => {
      mqttSnFaults(modem).retryAfter = milliseconds(value);
    },
    end: (modem) => {
      mqttSnFaults(modem).retryAfter = undefined;
    },
  },
};

const rules: Readonly<Record<string, Omit<FaultRule, "end">>> = MQTT_SN_FAULT_RULES;

/** What can go wrong with MQTT-SN on demand (AT facts 5.3). */
export const mqttSnFaultTable: Readonly<Record<string, PersonalityFault>> = Object.fromEntries(
  Object.entries(rules).map(([name, rule]) => [name, { ...rule, ...EFFECTS[name as FaultName] }]),
);
