import { InternetError } from "../../internet/internet";
import { MqttError } from "../../internet/mqtt/types";
import { SocketError } from "../../internet/tcp-udp/tcp-udp";

/** Codes of +UMQTTER, all of class 13 (guide 6.8, AT facts 5.2). */
export const MQTT_ERROR = { none: 0, refused: 8, timeout: 33, noService: 34, noConnection: 50 } as const;

/** The broker refused what was asked. */
export class Refused extends Error {}

/** What the modem tells of a failure; most of it is nothing. */
export function codeOf(error: unknown): number {
  if (error instanceof Refused) return MQTT_ERROR.refused;
  if (error instanceof MqttError || error instanceof SocketError) {
    return error.failure === "timeout" ? MQTT_ERROR.timeout : MQTT_ERROR.none;
  }
  if (error instanceof InternetError) return MQTT_ERROR.none;
  throw error;
}
