import { isUtf8 } from "node:buffer";
import type { Message } from "../common/types";
import type { Received } from "../modem-broker/subscriptions";
import { topicText } from "../modem-broker/topic";
import type { MQTT_RETURN_TYPES } from "./types";

export type MqttReturnType = (typeof MQTT_RETURN_TYPES)[number];

/** The message of what was received. @throws {SyntaxError} where `obj` is asked for and it is no JSON */
export function receivedMessage({ topic, payload, qos, retain }: Received, ret: MqttReturnType): Message {
  return {
    topic: topicText(topic),
    payload: converted(payload, ret),
    // A value that is not known is absent, never guessed.
    ...(qos !== undefined && { qos }),
    ...(retain !== undefined && { retain }),
    ...topicHints(topic),
  };
}

/** Where `msg.topic` is no name of a normal topic, what it is. */
function topicHints(topic: Received["topic"]): object {
  if (topic.type === "normal" && "name" in topic) return {};
  return "id" in topic ? { topicType: topic.type, topicId: topic.id } : { topicType: topic.type };
}

function converted(payload: Buffer, ret: MqttReturnType): unknown {
  switch (ret) {
    case "auto":
      return isUtf8(payload) ? payload.toString() : payload;
    case "utf8":
      return payload.toString();
    case "buffer":
      return payload;
    case "base64":
      return payload.toString("base64");
    case "obj":
      return JSON.parse(payload.toString());
  }
}
