import { type Field, integer, quote } from "../../at/fields";
import { withoutBrackets } from "../../cellular/addresses";
import { ModemError } from "../../errors";
import { checkClientId, checkQos, checkTopic } from "../../services/mqtt/checks";
import type { MqttOptions, Will } from "../../services/mqtt/mqtt";
import { text } from "../../services/mqtt/plan";
import { planSsl, type SslPlan } from "../security/plan";
import type { QuectelTraits } from "../traits";

/** A session that is asked for, checked and quoted. */
export interface MqttPlan {
  /** For messages: `MQTT session with broker, port 1883`. */
  readonly operation: string;
  /** An IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly server: Field;
  readonly cid: number | undefined;
  /** What +QMTCFG calls it: 3 is MQTT 3.1, 4 is 3.1.1. */
  readonly version: 3 | 4;
  /** Left out: the IMEI. */
  readonly clientId?: Field;
  readonly credentials: readonly Field[];
  /** s */
  readonly keepAlive: number;
  readonly cleanSession: boolean;
  readonly will?: WillPlan;
  readonly ssl?: SslPlan;
}

export interface WillPlan {
  readonly qos: number;
  readonly retain: number;
  readonly topic: Field;
  readonly message: Field;
}

/** @throws {ModemError} `INVALID_INPUT` naming the field, `NOT_SUPPORTED` */
export function planSession(options: MqttOptions, model: QuectelTraits): MqttPlan {
  const { clientId = "", cid, keepAlive, cleanSession, version, will, security, timeout } = options;
  const { mqtt, contexts } = model.limits;
  const host = withoutBrackets(options.host);
  if (host === "") throw new ModemError("INVALID_INPUT", "host is empty");
  const port = integer(options.port, { field: "port", min: 1, max: 65_535 });
  const server = quote(host, { field: "host", max: mqtt.host });
  if (clientId !== "") checkClientId(clientId, mqtt.text);
  return {
    operation: `MQTT session with ${host}, port ${port}`,
    host,
    port,
    server,
    cid: cid === undefined ? undefined : integer(cid, { field: "cid", min: 1, max: contexts }),
    version: version === "3.1" ? 3 : 4,
    ...(clientId !== "" && { clientId: text(clientId, "clientId", mqtt.text) }),
    credentials: planCredentials(options, mqtt.text),
    keepAlive: integer(keepAlive, { field: "keepAlive", min: 0, max: mqtt.keepAlive }),
    cleanSession,
    ...(will && { will: planWill(will, model) }),
    ...(security && { ssl: planSsl(security, model, { host, timeout }) }),
  };
}

function planCredentials({ user = "", password = "" }: MqttOptions, max: number): Field[] {
  if (user === "" && password !== "")
    throw new ModemError("INVALID_INPUT", "user is empty, and MQTT has no password without one");
  return Object.entries({ user, password })
    .filter(([, value]) => value !== "")
    .map(([field, value]) => quote(value, { field, max, secret: true, utf8: true }));
}

/** The modem takes the message as quoted text alone (AT facts 6). */
function planWill({ topic, payload, qos, retain }: Will, { limits }: QuectelTraits): WillPlan {
  checkTopic(topic, { field: "will: topic", max: limits.mqttTopic });
  const message = Buffer.from(payload).toString();
  if (!Buffer.from(message).equals(payload))
    throw new ModemError("INVALID_INPUT", "will: payload is no text, and the modem keeps no other for a will");
  return {
    qos: checkQos(qos, "will: qos"),
    retain: retain ? 1 : 0,
    topic: text(topic, "will: topic", limits.mqttTopic),
    message: quote(message, { field: "will: payload", max: limits.mqtt.text, secret: true, utf8: true }),
  };
}
