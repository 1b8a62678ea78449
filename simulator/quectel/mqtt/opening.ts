import { MqttConnection } from "../../internet/mqtt/connection";
import type { BrokerTarget, Login, MqttEvents, QoS } from "../../internet/mqtt/types";
import type { Modem } from "../../modem";
import { securityContext } from "../security/security";
import { tlsSettings } from "../security/tls-settings";
import { isIPv6Only } from "../sockets/open";
import { needNameServer, surroundingsOf } from "../sockets/opening";
import { asText } from "./errors";
import type { MqttSettings } from "./settings";

/** The longest answer to +QMTOPEN (AT facts 6). */
const OPEN_TIMEOUT_MS = 75_000;

export interface Broker {
  readonly host: string;
  readonly port: number;
}

/** @throws {SocketError} @throws {InternetError} @throws {TcpIpFailure} */
export async function openConnection(
  modem: Modem,
  settings: MqttSettings,
  broker: Broker,
  events: MqttEvents,
  leaving: AbortSignal,
): Promise<MqttConnection> {
  const [cid = 1] = settings.numbers("pdpcid");
  const around = surroundingsOf(modem, cid, leaving);
  needNameServer(modem, cid, broker.host);
  const target = { ...broker, timeout: OPEN_TIMEOUT_MS, preferIPv6: isIPv6Only(modem, cid) };
  return MqttConnection.open({ ...target, ...secured(modem, settings, broker.host) }, events, around);
}

/** "negotiatetime" bounds connection and handshake, as with the sockets. */
function secured(modem: Modem, settings: MqttSettings, host: string): Partial<BrokerTarget> {
  const [on, context = 0] = settings.numbers("ssl");
  if (on !== 1) return {};
  const negotiation = securityContext(modem, context).number("negotiatetime") * 1000;
  return { tls: tlsSettings(modem, context, host), timeout: Math.min(OPEN_TIMEOUT_MS, negotiation) };
}

/** Texts of +QMTCONN as the line has them. */
export interface Credentials {
  readonly clientId: string;
  /** Empty: none. */
  readonly user: string;
  readonly password: string;
}

export function loginOf(settings: MqttSettings, { clientId, user, password }: Credentials): Login {
  const [version] = settings.numbers("version");
  const [keepAlive = 0] = settings.numbers("keepalive");
  const [clean] = settings.numbers("session");
  const { will } = settings;
  return {
    version: version === 4 ? 4 : 3,
    clientId: asText(clientId),
    keepAlive,
    clean: clean === 1,
    ...(user === "" ? {} : { user: asText(user) }),
    ...(password === "" ? {} : { password: Buffer.from(password, "latin1") }),
    ...(will === undefined
      ? {}
      : {
          will: {
            topic: asText(will.topic),
            payload: Buffer.from(will.message, "latin1"),
            qos: will.qos as QoS,
            retain: will.retain === 1,
          },
        }),
  };
}
