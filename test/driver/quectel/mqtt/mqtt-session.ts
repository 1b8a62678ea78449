import type { ModemError } from "../../../../driver/errors";
import type { BrokerSession, Delivery, MqttOptions, SessionEvents } from "../../../../driver/services/mqtt/mqtt";
import type { Transport } from "../../../../driver/transport/transport";
import type { Peer, PeerOptions } from "../../peer";
import { type Session, startSession } from "../session";
import { FakeMqtt, type Firmware } from "./fake-mqtt";

/** What the owner of a session was told. */
export class Owner implements SessionEvents {
  readonly messages: Delivery[] = [];
  readonly damaged: ModemError[] = [];
  readonly ends: ModemError[] = [];
  /** What `onMessage` waits for. */
  hold: Promise<void> | undefined;

  get topics(): string[] {
    return this.messages.map(({ topic }) => topic);
  }

  onMessage(message: Delivery): void | Promise<void> {
    this.messages.push(message);
    return this.hold;
  }

  onDamaged(error: ModemError): void {
    this.damaged.push(error);
  }

  onClosed(error: ModemError): void {
    this.ends.push(error);
  }
}

export interface MqttBench extends Session {
  readonly fake: FakeMqtt;
  connect(options?: Partial<MqttOptions>, owner?: SessionEvents): Promise<BrokerSession>;
  /** Commands of MQTT, in order. */
  lines(): string[];
}

export const WAIT = { timeout: 30_000 } as const;

export const OPTIONS: MqttOptions = {
  ...WAIT,
  host: "broker.example",
  port: 1883,
  clientId: "bench",
  keepAlive: 120,
  cleanSession: true,
  version: "3.1.1",
  owner: "broker of the test",
};

/** @param lineTo what stands between the modem and the driver */
export async function startMqtt(
  firmware: Firmware = {},
  options: PeerOptions = {},
  lineTo?: (peer: Peer) => Transport,
): Promise<MqttBench> {
  const session = await startSession(options, lineTo);
  const fake = new FakeMqtt(session.peer, firmware);
  const { mqtt } = session.services;
  return {
    ...session,
    fake,
    connect: (more = {}, owner = new Owner()) => mqtt.connect({ ...OPTIONS, ...more }, owner),
    lines: () => session.peer.commands.filter((line) => line.startsWith("AT+QMT")),
  };
}

export const message = (
  payload: string | Uint8Array,
  more: { topic?: string; qos?: 0 | 1 | 2; retain?: boolean } = {},
) => ({
  topic: "topic/pub",
  qos: 1 as const,
  retain: false,
  ...more,
  payload: Buffer.from(payload as string),
});
