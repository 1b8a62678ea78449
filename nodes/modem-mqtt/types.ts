/** Properties of the node as the editor saves them. */
export interface ModemMqttProperties {
  name: string;
  version: number;
  /** Id of the config node `modem-broker`. */
  broker: string;
  /** Filter to subscribe to, or "". */
  topic: string;
  qos: number | string;
  ret: string;
  publishTopic: string;
  publishQos: number | string;
  retain: boolean | string;
}

export const MQTT_RETURN_TYPES = ["auto", "utf8", "buffer", "base64", "obj"] as const;
export const MQTT_ACTIONS = [
  "connect",
  "disconnect",
  "subscribe",
  "unsubscribe",
  "getSubscriptions",
  "ping",
  "status",
] as const;
export const TOPIC_TYPES = ["normal", "predefined", "short"] as const;

/** The defaults of the contract. */
export const MODEM_MQTT_DEFAULTS: Readonly<Omit<ModemMqttProperties, "name" | "version" | "broker">> = {
  topic: "",
  qos: 0,
  ret: "auto",
  publishTopic: "",
  publishQos: 0,
  retain: false,
};

export const MQTT_RANGES = {
  qos: { min: 0, max: 2 },
  /** −1 is of MQTT-SN: without a session, to a gateway that acknowledges nothing. */
  snQos: { min: -1, max: 2 },
  topicId: { min: 1, max: 65_535 },
  /** s, of msg.expiry */
  expiry: { min: 1, max: 31_536_000 },
} as const;
