import { checkText } from "../../driver/services/mqtt/checks";
import type { Qos } from "../../driver/services/mqtt/mqtt";
import { invalid } from "../common/errors";
import { bytesOf } from "../common/message/bytes";
import {
  hostName,
  isEmpty,
  isPlainObject,
  optionalBytes,
  optionalChoice,
  optionalInteger,
  optionalNumber,
  optionalText,
  pick,
} from "../common/message/input";
import { jsonText } from "../common/message/json";
import type { Message } from "../common/types";
import type { Outgoing } from "../modem-broker/outgoing";
import type { Login } from "../modem-broker/settings";
import type { Subscription } from "../modem-broker/subscriptions";
import { BROKER_RANGES } from "../modem-broker/types";
import { subscriptionsOf, type TopicHints, topicOf } from "./topics";
import { type ModemMqttProperties, MQTT_ACTIONS, MQTT_RANGES } from "./types";

/** A checked publication. */
export interface Publishing {
  readonly action: "publish";
  /** QoS −1 goes without a session. */
  readonly isDatagram: boolean;
  readonly message: Outgoing;
  /** s */
  readonly expiry: number | undefined;
  /** False: now, or not at all. */
  readonly mayWait: boolean;
}

/** A checked request: what to do and with what. */
export type MqttRequest =
  | Publishing
  /** Without `msg.payload` nothing is published, as in the core node. */
  | { readonly action: "nothing" }
  | { readonly action: "connect"; readonly login: Partial<Login> | undefined; readonly force: boolean }
  | { readonly action: "subscribe"; readonly subscriptions: readonly Subscription[] }
  /** Without filters: all. */
  | { readonly action: "unsubscribe"; readonly subscriptions: readonly Subscription[] | undefined }
  | { readonly action: "disconnect" | "getSubscriptions" | "ping" | "status" };

/** What the request is made for. */
export interface RequestContext {
  readonly properties: ModemMqttProperties;
  readonly isSn: boolean;
  render(template: string, field: string): Promise<string>;
}

/** @throws {ModemError} `INVALID_INPUT` */
export async function mqttRequest(message: Message, context: RequestContext): Promise<MqttRequest> {
  const action = optionalChoice(message.action, "msg.action", MQTT_ACTIONS);
  const { properties, isSn } = context;
  switch (action) {
    case undefined:
      return message.payload === undefined ? { action: "nothing" } : publishing(message, context);
    case "connect":
      return { action, ...loginOf(message.broker, isSn) };
    case "subscribe":
      return { action, subscriptions: subscriptionsOf(message.topic, filterQos(properties), hintsOf(message), isSn) };
    case "unsubscribe": {
      const isAll = (message.topic as unknown) === true;
      return { action, subscriptions: isAll ? undefined : subscriptionsOf(message.topic, 0, hintsOf(message), isSn) };
    }
    default:
      return { action };
  }
}

/** Of a subscription that names none. @throws {ModemError} `INVALID_INPUT` */
export function filterQos({ qos }: ModemMqttProperties): Qos {
  return (optionalInteger(qos, "qos", MQTT_RANGES.qos) ?? 0) as Qos;
}

async function publishing(message: Message, { properties, isSn, render }: RequestContext): Promise<Publishing> {
  const { value, field } = pick("publishTopic", properties.publishTopic, message.topic);
  // Only the dialog's text is a template; values in a message are data.
  const isTemplate = field === "publishTopic";
  const text = isTemplate ? await render(optionalText(value, field) ?? "", field) : value;
  const qos = publishQos(properties, message, isSn);
  const topic = topicOf(text, isTemplate ? field : "msg.topic", hintsOf(message), isSn);
  if (qos < 0 && topic.type === "normal")
    throw invalid("msg.qos", "can be -1 only with a predefined or a short topic (msg.topicType)");
  return {
    action: "publish",
    isDatagram: qos < 0,
    message: {
      topic,
      payload: payloadBytes(message.payload),
      qos: Math.max(0, qos) as Qos,
      retain: retained(properties, message),
    },
    expiry: optionalNumber(message.expiry, "msg.expiry", MQTT_RANGES.expiry),
    mayWait: message.queue !== false,
  };
}

function hintsOf({ topicType, topicId }: Message): TopicHints {
  return { topicType, topicId };
}

/** As in the core node: the dialog's, unless it is 0; then the message's. */
function publishQos({ publishQos: configured }: ModemMqttProperties, { qos }: Message, isSn: boolean): number {
  const range = isSn ? MQTT_RANGES.snQos : MQTT_RANGES.qos;
  const own = optionalInteger(configured, "publishQos", range) ?? 0;
  return own !== 0 ? own : (optionalInteger(qos, "msg.qos", range) ?? 0);
}

function retained({ retain: configured }: ModemMqttProperties, { retain }: Message): boolean {
  return [configured, retain].some((value) => value === true || value === "true");
}

/** Texts and bytes; numbers and booleans as their texts, objects as JSON, as in the core node. */
function payloadBytes(payload: unknown): Buffer {
  if (payload === null) return Buffer.from("null");
  const isObject = typeof payload === "object" && bytesOf(payload) === undefined;
  const isPrimitive = typeof payload === "number" || typeof payload === "boolean";
  const value = isObject ? jsonText(payload, "msg.payload") : isPrimitive ? String(payload) : payload;
  return optionalBytes(value, "msg.payload") ?? Buffer.alloc(0);
}

/**
 * `msg.broker` as the core node takes it, and by its names as well. What can't be used must not end the session that
 * stands.
 */
function loginOf(broker: unknown, isSn: boolean): { login: Partial<Login> | undefined; force: boolean } {
  if (isEmpty(broker)) return { login: undefined, force: false };
  if (!isPlainObject(broker)) throw invalid("msg.broker", "must be an object, such as { host, port, clientId }");
  if (!isEmpty(broker.url)) throw invalid("msg.broker.url", "can't be used: say host and port instead");
  const { port, username, password, force } = broker;
  const [host, hostField] = given(broker, "host", "broker");
  const [clientId, clientIdField] = given(broker, "clientId", "clientid");
  if (isSn && !(isEmpty(username) && isEmpty(password)))
    throw invalid("msg.broker.username", "and password can't be used: MQTT-SN has none");
  const login = {
    host: isEmpty(host) ? undefined : hostName(optionalText(host, hostField) ?? "", hostField),
    port: optionalInteger(port, "msg.broker.port", BROKER_RANGES.port),
    clientId: carried(clientId, clientIdField),
    user: carried(username, "msg.broker.username"),
    password: carried(password, "msg.broker.password"),
  };
  const known = Object.entries(login).filter(([, value]) => value !== undefined);
  return { login: Object.fromEntries(known) as Partial<Login>, force: force === true || force === "true" };
}

/** By our name, or by the core node's. */
function given(broker: Record<string, unknown>, name: string, coreName: string): [value: unknown, field: string] {
  const used = isEmpty(broker[name]) && !isEmpty(broker[coreName]) ? coreName : name;
  return [broker[used], `msg.broker.${used}`];
}

/** @throws {ModemError} `INVALID_INPUT` for what no command can carry; it never says the text */
function carried(value: unknown, field: string): string | undefined {
  const text = optionalText(value, field);
  if (text !== undefined) checkText(text, { field });
  return text;
}
