import type { FaultRule } from "../../faults/spec";

/** What can go wrong with MQTT on demand, as far as a port's text is concerned; `faulty.ts` lets it happen. */
export const MQTT_FAULT_RULES = {
  "mqtt-old": { help: 'BG96: firmware of 2018: +QMTPUB takes no length, and there is no "recv/mode"', end: true },
  "mqtt-unquoted": {
    help: "BG96: the payload of a +QMTRECV without a length stands without quotation marks",
    end: true,
  },
  "mqtt-refused": {
    help: "the broker refuses the next login, as with a wrong password; BG96: with =CODE (5)",
    value: /^[1-5]$/,
    end: true,
  },
  "mqtt-lost-result": { help: "the broker gets the next publish, but its result never comes", end: true },
  "mqtt-disconnected": { help: "BG96: +QMTSTAT: ID,5 follows each +QMTDISC", end: true },
  "mqtt-lost-acknowledgement": {
    help: "BG96: the broker's next acknowledgement of a publish is lost, so that the message goes out again",
    end: true,
  },
  "mqtt-state": {
    help: "BG96: every MQTT client that is open ends with +QMTSTAT: ID,=CODE (1-7)",
    value: /^[1-7]$/,
    needsValue: true,
  },
} as const satisfies Readonly<Record<string, FaultRule>>;
