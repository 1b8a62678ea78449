import type { FaultRule } from "../../faults/spec";
import type { PersonalityFault } from "../../personality";
import { mqttClients } from "./clients";
import { MQTT_FAULT_RULES } from "./fault-rules";
import { mqttFaults } from "./faults";

type Effect = Pick<PersonalityFault, "start" | "end">;

const NOT_AUTHORISED = "5";

const turned = (key: "old" | "unquoted" | "tellsDisconnect"): Effect => ({
  start: (modem) => {
    mqttFaults(modem)[key] = true;
  },
  end: (modem) => {
    mqttFaults(modem)[key] = false;
  },
});

const trap = (key: "lostResult" | "lostAcknowledgement"): Effect => ({
  start: (modem, { lasts }) => mqttFaults(modem)[key].arm(undefined, lasts),
  end: (modem) => mqttFaults(modem)[key].disarm(),
});

const EFFECTS: Readonly<Record<keyof typeof MQTT_FAULT_RULES, Effect>> = {
  "mqtt-old": turned("old"),
  "mqtt-unquoted": turned("unquoted"),
  "mqtt-disconnected": turned("tellsDisconnect"),
  "mqtt-refused": {
    start: (modem, { value = NOT_AUTHORISED, lasts }) => mqttFaults(modem).refusedLogin.arm(Number(value), lasts),
    end: (modem) => mqttFaults(modem).refusedLogin.disarm(),
  },
  "mqtt-lost-result": trap("lostResult"),
  "mqtt-lost-acknowledgement": trap("lostAcknowledgement"),
  "mqtt-state": {
    start: (modem, { value }) => {
      for (const client of mqttClients(modem).all()) client.lose(Number(value));
    },
  },
};

const rules: Readonly<Record<string, Omit<FaultRule, "end">>> = MQTT_FAULT_RULES;

/** What can go wrong with MQTT on demand (AT facts 6). */
export const mqttFaultTable: Readonly<Record<string, PersonalityFault>> = Object.fromEntries(
  Object.entries(rules).map(([name, rule]) => [name, { ...rule, ...EFFECTS[name as keyof typeof EFFECTS] }]),
);
