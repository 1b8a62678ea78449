import { checkFilter, checkTopic } from "../../driver/services/mqtt/checks";
import type { Qos } from "../../driver/services/mqtt/mqtt";
import { invalid } from "../common/errors";
import { isEmpty, optionalChoice, optionalInteger, requiredText } from "../common/message/input";
import type { Subscription } from "../modem-broker/subscriptions";
import { normal, type Topic } from "../modem-broker/topic";
import { MQTT_RANGES, TOPIC_TYPES } from "./types";

/** Filters of one message at most. */
const MOST_FILTERS = 1000;
const SHORT_NAME = 2;

/** What a message says of its topic: all of MQTT-SN but the name. */
export interface TopicHints {
  readonly topicType?: unknown;
  readonly topicId?: unknown;
}

/** Of what is published. @throws {ModemError} `INVALID_INPUT` */
export function topicOf(text: unknown, field: string, hints: TopicHints, isSn: boolean): Topic {
  return checkedTopic(text, field, hints, { isSn, check: checkTopic });
}

/** Of what is subscribed to. @throws {ModemError} `INVALID_INPUT` */
export function filterOf(text: unknown, field: string, hints: TopicHints, isSn: boolean): Topic {
  return checkedTopic(text, field, hints, { isSn, check: checkFilter });
}

function checkedTopic(
  text: unknown,
  field: string,
  { topicType, topicId }: TopicHints,
  { isSn, check }: { readonly isSn: boolean; readonly check: typeof checkTopic },
): Topic {
  const type = optionalChoice(topicType, "msg.topicType", TOPIC_TYPES) ?? "normal";
  if (!isSn || type === "normal") {
    if (!isSn && type !== "normal") throw invalid("msg.topicType", "must be normal: the others are of MQTT-SN alone");
    const name = requiredText(text, field, ": enter a topic in the node or send one");
    check(name, { field });
    return normal(name);
  }
  if (type === "predefined") {
    const [value, name] = isEmpty(topicId) ? [text, field] : [topicId, "msg.topicId"];
    const id = optionalInteger(value, name, MQTT_RANGES.topicId);
    if (id === undefined) throw invalid("msg.topicId", "is missing: a predefined topic is a number");
    return { type, id };
  }
  const name = requiredText(text, field);
  if (name.length !== SHORT_NAME) throw invalid(field, "must have exactly two characters, as a short topic");
  check(name, { field });
  return { type, name };
}

/**
 * The filters of a message as the core node takes them: a text, `{ topic, qos }`, or an array of these.
 *
 * @param qos of those that name none
 * @throws {ModemError} `INVALID_INPUT`
 */
export function subscriptionsOf(topic: unknown, qos: Qos, hints: TopicHints, isSn: boolean): Subscription[] {
  const entries: readonly unknown[] = Array.isArray(topic) ? topic : [topic];
  if (entries.length > MOST_FILTERS) throw invalid("msg.topic", `has more than ${MOST_FILTERS} entries`);
  return entries.map((entry) => {
    const own = typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>) : { topic: entry };
    // By name: an entry that is no filter may have a million members.
    const { topicType = hints.topicType, topicId = hints.topicId } = own;
    return {
      filter: filterOf(own.topic, "msg.topic", { topicType, topicId }, isSn),
      qos: (optionalInteger(own.qos, "msg.topic.qos", MQTT_RANGES.qos) ?? qos) as Qos,
    };
  });
}
