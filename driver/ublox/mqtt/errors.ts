import type { ErrorMeaning } from "../error-tables";

/** Codes of class 13 (MQTT) that +UMQTTER reports (guide 6.8; AT facts 5.2). */
export const MQTT_ERRORS: ReadonlyMap<number, ErrorMeaning> = new Map([
  [8, { code: "PROTOCOL_ERROR", text: "the broker refused it" }],
  [33, { code: "MODEM_TIMEOUT", text: "the broker did not answer in time" }],
  [34, { code: "NOT_REGISTERED", text: "there is no radio service" }],
  [50, { code: "NO_CONNECTION", text: "the data connection is not active" }],
]);
