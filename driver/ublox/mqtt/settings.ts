import type { Parameters, Surroundings } from "../mqtt-client/settings";
import type { MqttPlan } from "./plan";

/** Settings of +UMQTT (guide 6.1.1 to 6.1.4, 6.6, 6.9; 12 is of AT facts 5.2). */
const KEY = {
  clientId: 0,
  server: 2,
  credentials: 4,
  willQos: 6,
  willRetain: 7,
  willTopic: 8,
  willMessage: 9,
  keepAlive: 10,
  security: 11,
  cleanSession: 12,
  context: 20,
} as const;

const ON = 1;

export function mqttSettings(plan: MqttPlan, { clientId, security, context }: Surroundings): Parameters[] {
  const { will, credentials } = plan;
  return [
    ...(clientId === undefined ? [] : [{ values: [KEY.clientId, clientId] }]),
    // The guide calls it the address and 3 the name; it takes both (AT facts 5.2).
    { values: [KEY.server, plan.server, plan.port] },
    ...(credentials === undefined ? [] : [{ values: [KEY.credentials, ...credentials] }]),
    ...(will === undefined
      ? []
      : [
          { values: [KEY.willQos, will.qos] },
          { values: [KEY.willRetain, will.retain] },
          { values: [KEY.willTopic, will.topic] },
          { values: [KEY.willMessage, will.message] },
        ]),
    { values: [KEY.keepAlive, plan.keepAlive] },
    ...(security === undefined ? [] : [{ values: [KEY.security, ON, security] }]),
    // LARA-R6 may lack it, and then begins every session afresh (AT facts 5.2).
    {
      values: [KEY.cleanSession, plan.cleanSession ? 1 : 0],
      unlessRefused: plan.cleanSession ? {} : { property: "cleanSession: false" },
    },
    ...(context === undefined ? [] : [{ values: [KEY.context, context.cid, context.family] }]),
  ];
}
