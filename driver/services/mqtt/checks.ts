import { integer } from "../../at/fields";
import { ModemError, shortened } from "../../errors";
import type { Qos } from "./mqtt";

/** MQTT 3.1.1, 1.5.3: a string has at most so many bytes. */
const MAX_STRING = 65_535;
/** Characters of a topic that a sentence names. */
const MAX_NAMED = 80;

export interface Measure {
  /** Name of the property in error messages. */
  readonly field: string;
  /** Most bytes that the modem takes; left out, those of the protocol. */
  readonly max?: number;
}

/** The name of a topic that is published to (MQTT 3.1.1, 4.7). @throws {ModemError} `INVALID_INPUT` */
export function checkTopic(topic: string, measure: Measure): void {
  checkString(topic, measure);
  if (/[+#]/.test(topic)) refuse(measure, "contains + or #, which only a subscription may");
}

/** What is subscribed to (MQTT 3.1.1, 4.7.1). @throws {ModemError} `INVALID_INPUT` */
export function checkFilter(filter: string, measure: Measure): void {
  checkString(filter, measure);
  for (const level of filter.split("/")) {
    if (level.length > 1 && /[+#]/.test(level))
      refuse(measure, `has ${level.includes("#") ? "#" : "+"} beside other characters: it stands for a whole level`);
  }
  if (filter.includes("#") && filter.indexOf("#") < filter.length - 1) refuse(measure, "has # before its last level");
}

/** Whether a filter stands for more than one topic. */
export function isWildcard(filter: string): boolean {
  return /[+#]/.test(filter);
}

/** @throws {ModemError} `INVALID_INPUT` */
export function checkClientId(clientId: string, max?: number): void {
  checkString(clientId, { field: "clientId", ...(max !== undefined && { max }) });
}

export function checkQos(qos: number, field = "qos"): Qos {
  return integer(qos, { field, min: 0, max: 2 }) as Qos;
}

/** @param max bytes that `model` can publish at once */
export function checkPayload(payload: Uint8Array, max: number, model: string, field = "payload"): void {
  if (payload.length <= max) return;
  throw new ModemError(
    "INVALID_INPUT",
    `${field} is too long: ${payload.length} bytes, at most ${max} with ${model}. Send it in parts.`,
  );
}

/** As sentences name an operation on a topic: "Publishing to lights/1". */
export function named(verb: string, topic: string): string {
  return `${verb} ${shortened(topic.replace(/[^\P{C}]/gu, "?"), MAX_NAMED)}`;
}

function checkString(value: string, { field, max = MAX_STRING }: Measure): void {
  if (value === "") refuse({ field }, "is empty");
  // A character has one to three bytes for each of its code units.
  const bytes = value.length > max ? value.length : Buffer.byteLength(value);
  if (bytes > max) refuse({ field }, `is too long: ${bytes} bytes, at most ${max}`);
  if (value.includes("\0")) refuse({ field }, "contains the character U+0000");
  if (/\p{Cs}/u.test(value)) refuse({ field }, "contains half a surrogate pair, which is no character");
}

function refuse({ field }: Measure, why: string): never {
  throw new ModemError("INVALID_INPUT", `${field} ${why}`);
}
