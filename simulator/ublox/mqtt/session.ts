import { MqttConnection } from "../../internet/mqtt/connection";
import type { BrokerTarget, Login, MqttEvents, QoS } from "../../internet/mqtt/types";
import type { TlsConnection } from "../../internet/tls/types";
import type { Modem } from "../../modem";
import { asText, bytesOf } from "../messaging/text";
import { defaultConnection, reaches } from "../packet-data/data-connection";
import { type SecureConnection, secureConnections } from "../security/connections";
import { Refused } from "./errors";
import type { MqttProfile } from "./profile";

/** ms: until the connection stands, TLS included, and until the broker has taken the login. */
const CONNECT_TIMEOUT_MS = 75_000;
const LOGIN_TIMEOUT_MS = 40_000;

/** A session that the broker has accepted. */
export interface Session {
  readonly connection: MqttConnection;
  readonly cid: number;
  /** s */
  readonly keepAlive: number;
  /** The session is over: its TLS place is free. */
  release(): void;
}

/** Connects and logs in as the profile says. @throws {SocketError | MqttError | InternetError | Refused} */
export async function openSession(
  modem: Modem,
  profile: MqttProfile,
  events: MqttEvents,
  signal: AbortSignal,
): Promise<Session> {
  const cid = profile.cid ?? defaultConnection(modem).cid;
  const around = { internet: modem.internet, signal, reaches: (address: string) => reaches(modem, cid, address) };
  const secure = profile.secure === 1 ? secureConnections(modem).claim(profile.security) : undefined;
  const tls: { connection?: TlsConnection } = {};
  const target = targetOf(profile, secure, (connection) => void Object.assign(tls, { connection }));
  try {
    const connection = await MqttConnection.open(target, events, around);
    try {
      const { code } = await connection.login(loginOf(profile), { timeout: LOGIN_TIMEOUT_MS });
      if (code !== 0) throw new Refused(`the broker answered ${code}`);
    } catch (error) {
      connection.abort();
      throw error;
    }
    // The handshake's data come before the application's result (guide 3.4.4).
    if (tls.connection !== undefined) secure?.report(tls.connection);
    return { connection, cid, keepAlive: profile.keepAlive, release: () => secure?.release() };
  } catch (error) {
    secure?.release();
    throw error;
  }
}

function targetOf(
  profile: MqttProfile,
  secure: SecureConnection | undefined,
  onTls: (connection: TlsConnection) => void,
): BrokerTarget {
  const { server, port, address, addressPort, localPort, preferredType } = profile;
  return {
    ...(server === "" ? { host: address, port: addressPort } : { host: server, port }),
    timeout: CONNECT_TIMEOUT_MS,
    preferIPv6: preferredType === 1,
    ...(localPort === 0 ? {} : { localPort }),
    ...(secure === undefined ? {} : { tls: secure.settings, onTls }),
  };
}

function loginOf(profile: MqttProfile): Login {
  const { user, password, willTopic, willMessage, willInHex, willQos, willRetain } = profile;
  const will = {
    topic: asText(willTopic),
    payload: bytesOf(willMessage, willInHex === 1),
    qos: willQos as QoS,
    retain: willRetain === 1,
  };
  return {
    version: 4,
    clientId: asText(profile.clientId),
    keepAlive: profile.keepAlive,
    clean: profile.cleanSession === 1,
    ...(user === "" ? {} : { user: asText(user), password: Buffer.from(password, "latin1") }),
    ...(willTopic === "" ? {} : { will }),
  };
}
