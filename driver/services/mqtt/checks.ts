import { integer } from "../../at/fields";
import { ModemError, shortened } from "../../errors";
import type { Qos } from "./mqtt";
import {
  byteLength,
  type FilterFault,
  filterFault,
  MAX_STRING,
  type TopicFault,
  textFault,
  topicFault,
} from "./topic-text";

export { isWildcard } from "./topic-text";

/** Characters of a topic that a sentence names. */
const MAX_NAMED = 80;

export interface Measure {
  /** Name of the property in error messages. */
  readonly field: string;
  /** Most bytes that the modem takes; left out, those of the protocol. */
  readonly max?: number;
}

/** The name of a topic that is published to (MQTT 3.1.1, 4.7). @throws {ModemError} `INVALID_INPUT` */
export function checkTopic(topic: string, { field, max }: Measure): void {
  refuseFor(topicFault(topic, max), topic, { field, max });
}

/** What is subscribed to (MQTT 3.1.1, 4.7.1). @throws {ModemError} `INVALID_INPUT` */
export function checkFilter(filter: string, { field, max }: Measure): void {
  refuseFor(filterFault(filter, max), filter, { field, max });
}

/** @throws {ModemError} `INVALID_INPUT` */
export function checkClientId(clientId: string, max?: number): void {
  checkText(clientId, { field: "clientId", ...(max !== undefined && { max }) });
}

/** A string of MQTT that an AT command can carry. @throws {ModemError} `INVALID_INPUT` */
export function checkText(text: string, { field, max }: Measure): void {
  refuseFor(textFault(text, max), text, { field, max });
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

const REASONS: Readonly<Record<Exclude<TopicFault | FilterFault, "length">, string>> = {
  empty: "is empty",
  quotes: "contains a quotation mark, which an AT command can't carry",
  control: "contains a control character, which an AT command can't carry",
  surrogate: "contains half a surrogate pair, which is no character",
  wildcard: "contains + or #, which only a subscription may",
  plus: "has + beside other characters: it stands for a whole level",
  hash: "has # beside other characters: it stands for a whole level",
  last: "has # before its last level",
};

function refuseFor(
  fault: TopicFault | FilterFault | undefined,
  text: string,
  { field, max = MAX_STRING }: { readonly field: string; readonly max: number | undefined },
): void {
  if (fault === undefined) return;
  if (fault !== "length") throw new ModemError("INVALID_INPUT", `${field} ${REASONS[fault]}`);
  // As many as its code units at least; a very long text is not encoded to be counted.
  const bytes = text.length > max ? text.length : byteLength(text);
  throw new ModemError("INVALID_INPUT", `${field} is too long: ${bytes} bytes, at most ${max}`);
}
