import { checkClientId, checkText, checkTopic } from "../../driver/services/mqtt/checks";
import type { Qos } from "../../driver/services/mqtt/mqtt";
import type { SecurityProfile } from "../../driver/services/security/security";
import { findModem, findTls } from "../common/config-nodes";
import { invalid, notConfigured } from "../common/errors";
import { CONTEXT_RANGE } from "../common/limits";
import {
  flag,
  hostName,
  isEmpty,
  optionalChoice,
  optionalInteger,
  optionalNumber,
  optionalText,
  requiredText,
} from "../common/message/input";
import type { Runtime } from "../common/types";
import {
  BROKER_PROTOCOLS,
  BROKER_RANGES,
  type BrokerProtocol,
  type ModemBrokerCredentials,
  type ModemBrokerProperties,
  OUTBOX_PLACES,
  PROTOCOL_VERSIONS,
  usualPort,
} from "./types";

/** A message that a session begins or ends with, or that the broker sends for it. */
export interface Announcement {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: Qos;
  readonly retain: boolean;
}

/** Whom to log in to, and as whom; a message may change it. */
export interface Login {
  readonly host: string;
  readonly port: number;
  /** The IMEI where it is left out. */
  readonly clientId?: string;
  readonly user?: string;
  readonly password?: string;
}

/** The checked settings of the dialog. */
export interface BrokerSettings {
  readonly protocol: BrokerProtocol;
  readonly version: (typeof PROTOCOL_VERSIONS)[number];
  readonly login: Login;
  readonly cid: number | undefined;
  /** s; 0 is off. */
  readonly keepAlive: number;
  readonly cleanSession: boolean;
  readonly birth: Announcement | undefined;
  readonly close: Announcement | undefined;
  readonly will: Announcement | undefined;
  readonly autoConnect: boolean;
  readonly autoUnsubscribe: boolean;
  readonly outbox: OutboxSettings;
}

export interface OutboxSettings {
  readonly place: (typeof OUTBOX_PLACES)[number];
  readonly limit: number;
  /** s; 0 keeps for ever. */
  readonly age: number;
  /** Messages a second; 0 as fast as it goes. */
  readonly rate: number;
}

/** @throws {ModemError} `INVALID_INPUT` naming the field */
export function brokerSettings(properties: ModemBrokerProperties, credentials: ModemBrokerCredentials): BrokerSettings {
  const protocol = optionalChoice(properties.protocol, "protocol", BROKER_PROTOCOLS) ?? "mqtt";
  const { user, password } = credentials;
  if (protocol === "mqtt-sn" && !(isEmpty(user) && isEmpty(password)))
    throw invalid("user", "and password must be empty: MQTT-SN has none");
  if (isEmpty(user) && !isEmpty(password)) throw invalid("user", "is missing: MQTT has no password without a user");
  return {
    protocol,
    version: optionalChoice(properties.protocolVersion, "protocolVersion", PROTOCOL_VERSIONS) ?? "3.1.1",
    login: login(properties, protocol, { user, password }),
    cid: optionalInteger(properties.cid, "cid", CONTEXT_RANGE),
    keepAlive: optionalInteger(properties.keepAlive, "keepAlive", BROKER_RANGES.keepAlive) ?? 60,
    cleanSession: flag(properties.cleanSession, "cleanSession", true),
    birth: announcement(properties, "birth"),
    close: announcement(properties, "close"),
    will: announcement(properties, "will"),
    autoConnect: flag(properties.autoConnect, "autoConnect", true),
    autoUnsubscribe: flag(properties.autoUnsubscribe, "autoUnsubscribe", true),
    outbox: outboxSettings(properties),
  };
}

function login(
  { host, port, tls, clientId }: ModemBrokerProperties,
  protocol: BrokerProtocol,
  { user, password }: ModemBrokerCredentials,
): Login {
  const id = optionalText(clientId, "clientId");
  if (id !== undefined) checkClientId(id);
  for (const [field, secret] of Object.entries({ user, password }))
    if (!isEmpty(secret)) checkText(requiredText(secret, field), { field });
  return {
    host: hostName(requiredText(host, "host", ": enter the broker's name or address"), "host"),
    port: optionalInteger(port, "port", BROKER_RANGES.port) ?? usualPort(protocol, !isEmpty(tls)),
    ...(id !== undefined && { clientId: id }),
    ...(!isEmpty(user) && { user }),
    ...(!isEmpty(password) && { password }),
  };
}

/** undefined without a topic, as in the core node. */
function announcement(properties: ModemBrokerProperties, name: "birth" | "close" | "will"): Announcement | undefined {
  const topic = optionalText(properties[`${name}Topic`], `${name}Topic`);
  if (topic === undefined) return undefined;
  checkTopic(topic, { field: `${name}Topic` });
  const payload = optionalText(properties[`${name}Payload`], `${name}Payload`) ?? "";
  // It is a setting of the session, and no more than a command can carry.
  if (name === "will" && payload !== "") checkText(payload, { field: "willPayload" });
  return {
    topic,
    payload: Buffer.from(payload),
    qos: (optionalInteger(properties[`${name}Qos`], `${name}Qos`, BROKER_RANGES.qos) ?? 0) as Qos,
    retain: flag(properties[`${name}Retain`], `${name}Retain`, false),
  };
}

function outboxSettings(properties: ModemBrokerProperties): OutboxSettings {
  const { outboxLimit, outboxAge, outboxRate } = BROKER_RANGES;
  return {
    place: optionalChoice(properties.outbox, "outbox", OUTBOX_PLACES) ?? "disk",
    limit: optionalInteger(properties.outboxLimit, "outboxLimit", outboxLimit) ?? 10_000,
    age: optionalNumber(properties.outboxAge, "outboxAge", outboxAge) ?? 0,
    rate: optionalNumber(properties.outboxRate, "outboxRate", outboxRate) ?? 0,
  };
}

/**
 * Looked up before anything is sent: a session that should be secure must not be made in plain.
 *
 * @throws {ModemError} `INVALID_INPUT`
 */
export function brokerSecurity(
  RED: Runtime,
  { tls: id, modem: modemId }: Pick<ModemBrokerProperties, "tls" | "modem">,
): SecurityProfile | undefined {
  const tls = findTls(RED, id);
  if (tls === undefined) return undefined;
  const modem = findModem(RED, modemId);
  if (modem === undefined) throw notConfigured();
  return tls.profileFor(modem);
}
