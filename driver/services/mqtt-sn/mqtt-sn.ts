import type { BrokerSession, SessionEvents, SessionOptions, SessionWait } from "../mqtt/mqtt";

/** MQTT-SN 1.2, 5.3.11: how a message says its topic. */
export type SnTopic =
  /** By its name: the driver registers it with the gateway, anew in every session. */
  | { readonly type: "normal"; readonly name: string }
  /** 1–65535. Received only: the gateway's number for a name that the modem doesn't tell, as with wildcards. */
  | { readonly type: "normal"; readonly id: number }
  /** 1–65535, known to both sides beforehand. */
  | { readonly type: "predefined"; readonly id: number }
  /** A name of exactly two characters. */
  | { readonly type: "short"; readonly name: string };

export interface MqttSnSession extends BrokerSession<SnTopic> {
  /** In the running session (u-blox AT facts 5.3). @throws {ModemError} */
  updateWill(
    will: { readonly topic: string; readonly payload: Uint8Array; readonly qos: 0 | 1 | 2; readonly retain: boolean },
    wait: SessionWait,
  ): Promise<void>;
}

/** QoS −1: a message without a session, to a gateway that may not even be there. */
export interface SnDatagram extends SessionWait {
  readonly host: string;
  readonly port: number;
  readonly topic: Exclude<SnTopic, { readonly type: "normal" }>;
  readonly payload: Uint8Array;
  readonly retain: boolean;
  readonly cid?: number;
}

/** MQTT-SN 1.2 by the modem's own client. */
export interface MqttSnService {
  /** As `MqttService.connect`; a will's topic is a name. */
  connect(options: SessionOptions<string>, events: SessionEvents<SnTopic>): Promise<MqttSnSession>;
  /** Resolves when the modem has sent it: no gateway acknowledges it. */
  send(message: SnDatagram): Promise<void>;
}
