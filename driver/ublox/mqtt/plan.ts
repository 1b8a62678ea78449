import { type Field, quote } from "../../at/fields";
import { ModemError } from "../../errors";
import { checkFilter, checkPayload, checkQos, checkTopic, named } from "../../services/mqtt/checks";
import type { MqttOptions, Publication } from "../../services/mqtt/mqtt";
import type { Capacities } from "../mqtt-client/encoding";
import { planSession, type SessionPlan, text } from "../mqtt-client/plan";
import type { UbloxTraits } from "../traits";

export interface MqttPlan extends SessionPlan {
  readonly credentials?: readonly Field[];
}

/** @throws {ModemError} `INVALID_INPUT` naming the field, `NOT_SUPPORTED` */
export function planConnect(options: MqttOptions, model: UbloxTraits): MqttPlan {
  if (options.version !== "3.1.1")
    throw new ModemError("NOT_SUPPORTED", `protocolVersion: ${model.name} speaks MQTT 3.1.1, not ${options.version}`);
  const plan = planSession("MQTT", options, model);
  const credentials = planCredentials(options, model.limits.client.credential);
  return credentials.length > 0 ? { ...plan, credentials } : plan;
}

function planCredentials({ user = "", password = "" }: MqttOptions, max: number): Field[] {
  if (user === "" && password !== "")
    throw new ModemError("INVALID_INPUT", "user is empty, and MQTT 3.1.1 has no password without one");
  return Object.entries({ user, password })
    .filter(([, value]) => value !== "")
    .map(([field, value]) => quote(value, { field, max, secret: true, utf8: true }));
}

/** A message to publish: what its command carries beside it. */
export interface PublicationPlan {
  readonly operation: string;
  readonly topic: Field;
  readonly payload: Uint8Array;
  readonly qos: number;
  readonly retain: number;
}

export function planPublication({ topic, payload, qos, retain }: Publication, model: UbloxTraits): PublicationPlan {
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

export function planFilter(verb: string, filter: string, { limits }: UbloxTraits): FilterPlan {
  checkFilter(filter, { field: "topic", max: limits.mqttTopic });
  return { operation: named(verb, filter), filter: text(filter, "topic", limits.mqttTopic) };
}

/** What +UMQTTC's publishes take; a file only for what nothing else does. */
export function capacities({ limits }: UbloxTraits, hasFiles: boolean): Capacities {
  const { text: most, hex, binary } = limits.client;
  return { text: most, hex, binary, ...(hasFiles && { file: limits.mqttPayload }) };
}
