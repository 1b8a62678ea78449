import { type Field, quote } from "../../at/fields";
import { checkFilter, checkPayload, checkQos, checkTopic, named } from "./checks";
import type { Publication } from "./mqtt";

/** What is known of a modem with an MQTT client. */
interface MqttModel {
  /** As errors call it. */
  readonly name: string;
  /** Bytes */
  readonly limits: { readonly mqttTopic: number; readonly mqttPayload: number };
}

/** A message to publish, checked: what its command carries beside it. */
export interface PublicationPlan {
  readonly operation: string;
  readonly topic: Field;
  readonly payload: Uint8Array;
  readonly qos: number;
  readonly retain: number;
}

/** @throws {ModemError} `INVALID_INPUT` */
export function planPublication({ topic, payload, qos, retain }: Publication, model: MqttModel): PublicationPlan {
  const { mqttTopic, mqttPayload } = model.limits;
  checkTopic(topic, { field: "topic", max: mqttTopic });
  checkPayload(payload, mqttPayload, model.name);
  return {
    operation: named("Publishing to", topic),
    topic: text(topic, "topic", mqttTopic),
    payload,
    qos: checkQos(qos),
    retain: retain ? 1 : 0,
  };
}

export interface FilterPlan {
  readonly operation: string;
  readonly filter: Field;
}

/** @throws {ModemError} `INVALID_INPUT` */
export function planFilter(verb: string, filter: string, { limits }: MqttModel): FilterPlan {
  checkFilter(filter, { field: "topic", max: limits.mqttTopic });
  return { operation: named(verb, filter), filter: text(filter, "topic", limits.mqttTopic) };
}

/** A text that may hold any character but those that no command can carry. */
export function text(value: string, field: string, max: number): Field {
  return quote(value, { field, max, utf8: true });
}
