/** Properties of the node as the editor saves them. */
export interface ModemBrokerProperties {
  name: string;
  version: number;
  /** Id of the config node `modem`. */
  modem: string;
  protocol: string;
  protocolVersion: string;
  host: string;
  /** "" for the usual one of the protocol. */
  port: number | string;
  cid: number | string;
  /** Id of the config node `modem-tls`, or "". */
  tls: string;
  /** "" for the IMEI. */
  clientId: string;
  keepAlive: number | string;
  cleanSession: boolean | string;
  birthTopic: string;
  birthPayload: string;
  birthQos: number | string;
  birthRetain: boolean | string;
  closeTopic: string;
  closePayload: string;
  closeQos: number | string;
  closeRetain: boolean | string;
  willTopic: string;
  willPayload: string;
  willQos: number | string;
  willRetain: boolean | string;
  autoConnect: boolean | string;
  autoUnsubscribe: boolean | string;
  outbox: string;
  outboxLimit: number | string;
  outboxAge: number | string;
  outboxRate: number | string;
  preset: string;
}

export interface ModemBrokerCredentials {
  user?: string;
  password?: string;
}

export const BROKER_PROTOCOLS = ["mqtt", "mqtt-sn"] as const;
export type BrokerProtocol = (typeof BROKER_PROTOCOLS)[number];
export const PROTOCOL_VERSIONS = ["3.1", "3.1.1"] as const;
export const OUTBOX_PLACES = ["off", "memory", "disk"] as const;
export const BROKER_PRESETS = ["anywhere", "flex"] as const;

/** The defaults of the contract. */
export const MODEM_BROKER_DEFAULTS: Readonly<Omit<ModemBrokerProperties, "name" | "version" | "modem">> = {
  protocol: "mqtt",
  protocolVersion: "3.1.1",
  host: "",
  port: "",
  cid: "",
  tls: "",
  clientId: "",
  keepAlive: 60,
  cleanSession: true,
  birthTopic: "",
  birthPayload: "",
  birthQos: 0,
  birthRetain: false,
  closeTopic: "",
  closePayload: "",
  closeQos: 0,
  closeRetain: false,
  willTopic: "",
  willPayload: "",
  willQos: 0,
  willRetain: false,
  autoConnect: true,
  autoUnsubscribe: true,
  outbox: "disk",
  outboxLimit: 10_000,
  outboxAge: 0,
  outboxRate: 0,
  preset: "",
};

export const BROKER_RANGES = {
  port: { min: 1, max: 65_535 },
  qos: { min: 0, max: 2 },
  /** s; 0 is off. */
  keepAlive: { min: 0, max: 65_535 },
  outboxLimit: { min: 1, max: 1_000_000 },
  /** s; 0 keeps for ever. */
  outboxAge: { min: 0, max: 31_536_000 },
  /** Messages a second; 0 as fast as it goes. */
  outboxRate: { min: 0, max: 1000 },
} as const;

/** Ports of a broker and a gateway where none is entered. */
const BROKER_PORTS = { mqtt: 1883, mqtts: 8883, "mqtt-sn": 10_000 } as const;

/** Of a protocol, with or without TLS. */
export function usualPort(protocol: string, hasTls: boolean): number {
  if (protocol === "mqtt-sn") return BROKER_PORTS["mqtt-sn"];
  return hasTls ? BROKER_PORTS.mqtts : BROKER_PORTS.mqtt;
}
