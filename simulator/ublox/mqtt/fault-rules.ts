import type { FaultRule } from "../../faults/spec";

const DURATION = /^\d{1,9}(ms|s|m)?$/;

/** What can go wrong with MQTT on demand, as far as a port's text is concerned; `faulty.ts` lets it happen. */
export const MQTT_FAULT_RULES = {
  "mqtt-refused": { help: "LARA-R6: the broker refuses the next login, as with a wrong password", end: true },
  "mqtt-closed": { help: "LARA-R6: the broker accepts the next login and hangs up", end: true },
  "mqtt-dropped": {
    help: "LARA-R6: the MQTT session ends with +UUMQTTC: 0,=CODE: 100 by the broker, 101 by the network, 102 by its rules",
    value: /^10[0-2]$/,
    needsValue: true,
  },
  "mqtt-ping-failure": { help: "LARA-R6: the ping loop of the session finds no answer: +UUMQTTC: 8,0" },
  "mqtt-lost-result": { help: "LARA-R6: the broker gets the next publish, but its +UUMQTTC never comes", end: true },
  "mqtt-binary-result": { help: "LARA-R6: a publish by +UMQTTC=9 ends with +UUMQTTC: 9,1, as in captures", end: true },
  "mqtt-late-prompt": {
    help: "LARA-R6: the next > of +UMQTTC=9 comes =MS late, as behind a ping",
    value: DURATION,
    needsValue: true,
    end: true,
  },
  "mqtt-stuck": {
    help: "LARA-R6: the next publish never ends; the modem is silent for =MS (60s), then refuses MQTT until its radio was off",
    value: DURATION,
  },
  "mqtt-sister-settings": {
    help: "LARA-R6: +UMQTT has local port (1) and clean session (12), as on sister modules",
    end: true,
  },
  "mqtt-ascii": { help: "LARA-R6: strings of +UMQTT and +UMQTTC with bytes above 0x7E are refused", end: true },
} as const satisfies Readonly<Record<string, FaultRule>>;
