import { type AnswerField, toInteger } from "../../at/fields";
import type { Delivery } from "../../services/mqtt/mqtt";
import type { SnTopic } from "../../services/mqtt-sn/mqtt-sn";
import { isQos } from "../mqtt/read";
import { countedBytes } from "../mqtt-client/reader";
import { isTopicId, TOPIC_TYPE, type TopicIds } from "./topics";

/**
 * `<qos>,<type>,<length of both>,<length>,"<topic>",<length>,"<message>"` (guide 7.4); undefined where that is not
 * whole.
 */
export function parseSnMessage(
  [qos, type, total, topicLength, topicField, length, content, ...more]: readonly AnswerField[],
  ids: TopicIds,
): Delivery<SnTopic> | undefined {
  const bytes = countedBytes(topicField, topicLength);
  const payload = countedBytes(content, length);
  if (bytes === undefined || payload === undefined || more.length > 0) return undefined;
  if (toInteger(total) !== bytes.length + payload.length) return undefined;
  const topic = topicOf(toInteger(type), bytes.toString("latin1"), ids);
  const level = toInteger(qos);
  return topic !== undefined && isQos(level) ? { topic, payload, qos: level } : undefined;
}

function topicOf(type: number, text: string, ids: TopicIds): SnTopic | undefined {
  if (type === TOPIC_TYPE.short) return text.length === 2 ? { type: "short", name: text } : undefined;
  const id = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!isTopicId(id)) return undefined;
  if (type === TOPIC_TYPE.predefined) return { type: "predefined", id };
  if (type !== TOPIC_TYPE.normal) return undefined;
  const name = ids.name(id);
  return name === undefined ? { type: "normal", id } : { type: "normal", name };
}
