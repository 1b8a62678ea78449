import { isIP } from "node:net";
import type { ServerPlan, SessionPlan } from "../mqtt-client/plan";
import type { Parameters, Surroundings } from "../mqtt-client/settings";

/** Settings of +UMQTTSN (guide 7.1.1 to 7.1.4, 7.10, 7.11). */
const KEY = {
  clientId: 0,
  gatewayName: 1,
  gatewayAddress: 2,
  willQos: 4,
  willRetain: 5,
  willTopic: 6,
  willMessage: 7,
  keepAlive: 8,
  security: 9,
  cleanSession: 10,
  context: 20,
} as const;

const ON = 1;

export function mqttSnSettings(plan: SessionPlan, surroundings: Surroundings): Parameters[] {
  const { clientId, security } = surroundings;
  const { will } = plan;
  return [
    ...(clientId === undefined ? [] : [{ values: [KEY.clientId, clientId] }]),
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
    {
      values: [KEY.cleanSession, plan.cleanSession ? 1 : 0],
      unlessRefused: plan.cleanSession ? {} : { property: "cleanSession: false" },
    },
    ...gatewaySettings(plan, surroundings),
  ];
}

/** All that a message without a session needs. */
export function gatewaySettings({ host, port, server }: ServerPlan, { context }: Surroundings): Parameters[] {
  return [
    { values: [isIP(host) === 0 ? KEY.gatewayName : KEY.gatewayAddress, server, port] },
    ...(context === undefined ? [] : [{ values: [KEY.context, context.cid, context.family] }]),
  ];
}
