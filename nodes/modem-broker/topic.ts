import type { SnTopic } from "../../driver/services/mqtt-sn/mqtt-sn";

/** Of both protocols: an MQTT topic is a normal one with a name. */
export type Topic = SnTopic;

/** The same for the same topic or filter, and for no other. */
export function topicKey(topic: Topic): string {
  return "name" in topic ? `${topic.type} ${topic.name}` : `${topic.type}# ${topic.id}`;
}

/** As people know it: a name, or the number of a topic that has none. */
export function topicText(topic: Topic): string {
  return "name" in topic ? topic.name : String(topic.id);
}

export function normal(name: string): Topic {
  return { type: "normal", name };
}
