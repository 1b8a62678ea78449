import { type AnswerField, toInteger } from "../../at/fields";
import type { Delivery, Qos } from "../../services/mqtt/mqtt";
import { countedBytes } from "../mqtt-client/reader";

/** `<qos>,<length of both>,<length>,"<topic>",<length>,"<message>"` (guide 6.3); undefined where that is not whole. */
export function parseMessage([qos, total, topicLength, topicField, length, content, ...more]: readonly AnswerField[]):
  | Delivery
  | undefined {
  const topic = countedBytes(topicField, topicLength);
  const payload = countedBytes(content, length);
  if (topic === undefined || payload === undefined || more.length > 0) return undefined;
  if (toInteger(total) !== topic.length + payload.length || topic.length === 0) return undefined;
  const name = utf8(topic);
  const level = toInteger(qos);
  return name !== undefined && isQos(level) ? { topic: name, payload, qos: level } : undefined;
}

export function isQos(value: number): value is Qos {
  return value === 0 || value === 1 || value === 2;
}

/** Undefined for bytes that are no text: no broker passes those on (MQTT 3.1.1, 1.5.3). */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
