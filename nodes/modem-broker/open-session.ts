import type { Services } from "../../driver/services/model";
import type { BrokerSession, SessionEvents, SessionOptions } from "../../driver/services/mqtt/mqtt";
import type { SecurityProfile } from "../../driver/services/security/security";
import { invalid } from "../common/errors";
import type { BrokerSettings, Login } from "./settings";
import { normal, type Topic } from "./topic";

export interface SessionRequest {
  readonly settings: BrokerSettings;
  readonly login: Login;
  readonly security: SecurityProfile | undefined;
  /** As others are told who has the modem's client. */
  readonly owner: string;
  /** ms */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** Logs in by the protocol that the settings name. @throws {ModemError} */
export function openSession(
  services: Services,
  { settings, login, security, ...wait }: SessionRequest,
  events: SessionEvents<Topic>,
): Promise<BrokerSession<Topic>> {
  const { cid, will } = settings;
  const { user, password, ...server } = login;
  const options: SessionOptions = {
    ...wait,
    ...server,
    keepAlive: settings.keepAlive,
    cleanSession: settings.cleanSession,
    ...(will !== undefined && { will }),
    ...(security !== undefined && { security }),
    ...(cid !== undefined && { cid }),
  };
  if (settings.protocol === "mqtt-sn") return services.mqttSn.connect(options, events);
  const { onMessage, onClosed, onDamaged } = events;
  return services.mqtt
    .connect(
      {
        ...options,
        version: settings.version,
        ...(user !== undefined && { user }),
        ...(password !== undefined && { password }),
      },
      {
        onMessage: ({ topic, ...message }) => onMessage({ ...message, topic: normal(topic) }),
        onClosed: (error) => onClosed(error),
        ...(onDamaged !== undefined && { onDamaged }),
      },
    )
    .then(byTopic);
}

/** An MQTT session for topics of either protocol. */
function byTopic(session: BrokerSession): BrokerSession<Topic> {
  return {
    publish: async ({ topic, ...message }, wait) => session.publish({ ...message, topic: nameOf(topic) }, wait),
    subscribe: async (filter, qos, wait) => session.subscribe(nameOf(filter), qos, wait),
    unsubscribe: async (filter, wait) => session.unsubscribe(nameOf(filter), wait),
    ping: (wait) => session.ping(wait),
    disconnect: (wait) => session.disconnect(wait),
  };
}

/** @throws {ModemError} `INVALID_INPUT` */
function nameOf(topic: Topic): string {
  if (topic.type === "normal" && "name" in topic) return topic.name;
  throw invalid("msg.topicType", "must be normal: the others are of MQTT-SN alone");
}
