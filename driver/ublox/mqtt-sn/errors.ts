import type { ErrorMeaning } from "../error-tables";

/** Codes of class 14 (MQTT-SN) that +UMQTTSNER reports (guide 7.9; AT facts 5.3). */
export const MQTT_SN_ERRORS: ReadonlyMap<number, ErrorMeaning> = new Map([
  [21, { code: "MODEM_TIMEOUT", text: "the gateway did not answer in time" }],
  [22, { code: "NOT_REGISTERED", text: "there is no radio service" }],
]);
