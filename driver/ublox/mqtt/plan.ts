import { type Field, quote } from "../../at/fields";
import { ModemError } from "../../errors";
import type { MqttOptions } from "../../services/mqtt/mqtt";
import type { Capacities } from "../mqtt-client/encoding";
import { planSession, type SessionPlan } from "../mqtt-client/plan";
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

/** What +UMQTTC's publishes take; a file only for what nothing else does. */
export function capacities({ limits }: UbloxTraits, hasFiles: boolean): Capacities {
  const { text: most, hex, binary } = limits.client;
  return { text: most, hex, binary, ...(hasFiles && { file: limits.mqttPayload }) };
}
