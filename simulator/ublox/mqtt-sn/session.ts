import { SnConnection } from "../../internet/mqtt-sn/connection";
import type { SnEvents, SnLogin } from "../../internet/mqtt-sn/types";
import type { Modem } from "../../modem";
import { asText } from "../messaging/text";
import { defaultConnection, reaches } from "../packet-data/data-connection";
import { mqttSnFaults } from "./faults";
import type { MqttSnProfile } from "./profile";

/** A way to the gateway; with `login` it becomes a session. */
export interface Session {
  readonly connection: SnConnection;
  readonly cid: number;
  /** s */
  readonly keepAlive: number;
  /** It is over. */
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
  const target = {
    ...(server === "" ? { host: address, port: addressPort } : { host: server, port }),
    preferIPv6: preferredType === 1,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
  const connection = await SnConnection.open(target, events, around);
  return { connection, cid, keepAlive: profile.duration, release: () => undefined };
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
