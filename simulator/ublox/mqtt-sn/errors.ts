import { InternetError } from "../../internet/internet";
import { SnError } from "../../internet/mqtt-sn/types";
import { SocketError } from "../../internet/tcp-udp/tcp-udp";

/** Codes of +UMQTTSNER, all of class 14 (guide 7.9, AT facts 5.3). No source tells others, such as one for refusals. */
export const MQTT_SN_ERROR = { none: 0, timeout: 21, noService: 22 } as const;

/** What the modem tells of a failure; most of it is nothing. */
export function codeOf(error: unknown): number {
  if (error instanceof SnError || error instanceof SocketError) {
    return error.failure === "timeout" ? MQTT_SN_ERROR.timeout : MQTT_SN_ERROR.none;
  }
  if (error instanceof InternetError) return MQTT_SN_ERROR.none;
  throw error;
}
