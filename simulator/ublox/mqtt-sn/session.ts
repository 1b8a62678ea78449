import { SnConnection } from "../../internet/mqtt-sn/connection";
import type { SnEvents, SnLogin } from "../../internet/mqtt-sn/types";
import type { Modem } from "../../modem";
import { asText } from "../messaging/text";
import { defaultConnection, reaches } from "../packet-data/data-connection";
import { secureConnections } from "../security/connections";
import { mqttSnFaults } from "./faults";
import type { MqttSnProfile } from "./profile";

/** A way to the gateway; with `login` it becomes a session. */
export interface Session {
  readonly connection: SnConnection;
  readonly cid: number;
  /** s */
  readonly keepAlive: number;
  /** It is over: its place among the secure connections is free. */
  release(): void;
}

/** @throws {SocketError | InternetError} */
export async function openSession(
  modem: Modem,
  profile: MqttSnProfile,
  events: SnEvents,
  signal: AbortSignal,
): Promise<Session> {
  const cid = profile.cid ?? defaultConnection(modem).cid;
  const around = { internet: modem.internet, signal, reaches: (address: string) => reaches(modem, cid, address) };
  const { server, port, address, addressPort, preferredType } = profile;
  const { retryAfter } = mqttSnFaults(modem);
  const secure = profile.secure === 1 ? secureConnections(modem).claim(profile.security) : undefined;
  const target = {
    ...(server === "" ? { host: address, port: addressPort } : { host: server, port }),
    preferIPv6: preferredType === 1,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(secure === undefined ? {} : { dtls: secure.settings }),
  };
  try {
    const connection = await SnConnection.open(target, events, around);
    return { connection, cid, keepAlive: profile.duration, release: () => secure?.release() };
  } catch (error) {
    secure?.release();
    throw error;
  }
}

export function loginOf(profile: MqttSnProfile): SnLogin {
  const { willTopic, willMessage, willQos, willRetain } = profile;
  const will = {
    topic: asText(willTopic),
    payload: Buffer.from(willMessage, "latin1"),
    qos: willQos as 0 | 1 | 2,
    retain: willRetain === 1,
  };
  return {
    clientId: asText(profile.clientId),
    duration: profile.duration,
    clean: profile.cleanSession === 1,
    ...(willTopic === "" ? {} : { will }),
  };
}
