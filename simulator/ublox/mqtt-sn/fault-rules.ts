import type { FaultRule } from "../../faults/spec";

const DURATION = /^\d{1,9}(ms|s|m)?$/;

/** What can go wrong with MQTT-SN on demand, as far as a port's text is concerned; `faulty.ts` lets it happen. */
export const MQTT_SN_FAULT_RULES = {
  "mqtt-sn-refused": {
    help: "LARA-R6: the MQTT-SN gateway refuses the next connect, as when it is congested",
    end: true,
  },
  "mqtt-sn-invalid-topic": {
    help: "LARA-R6: the MQTT-SN gateway refuses the next publish to a normal topic: invalid topic id",
    end: true,
  },
  "mqtt-sn-forgotten-ids": {
    help: "LARA-R6: the MQTT-SN gateway refuses every topic id that it gave so far, until it gives it anew",
  },
  "mqtt-sn-dropped": {
    help: "LARA-R6: the MQTT-SN session ends with +UUMQTTSNC: 0,=CODE: 100 by the gateway, 101 by the network",
    value: /^10[01]$/,
    needsValue: true,
  },
  "mqtt-sn-ping-failure": { help: "LARA-R6: the ping loop of the session finds no answer: +UUMQTTSNC: 10,0" },
  "mqtt-sn-lost-result": {
    help: "LARA-R6: the gateway gets the next publish, but its +UUMQTTSNC never comes",
    end: true,
  },
  "mqtt-sn-retry": {
    help: "LARA-R6: from the next connect on, messages that the gateway does not answer go out again after =MS (10s), 3 times",
    value: DURATION,
    needsValue: true,
    end: true,
  },
} as const satisfies Readonly<Record<string, FaultRule>>;
