import type { Qos } from "../../driver/services/mqtt/mqtt";
import type { Topic } from "./topic";

/** A message that a flow publishes. */
export interface Outgoing {
  readonly topic: Topic;
  readonly payload: Buffer;
  readonly qos: Qos;
  readonly retain: boolean;
}

/** The same as an outbox keeps it. */
export interface KeptMessage {
  readonly topic: Topic;
  /** Base64 */
  readonly payload: string;
  readonly qos: Qos;
  readonly retain: boolean;
}

export function asKept({ payload, ...message }: Outgoing): KeptMessage {
  return { ...message, payload: payload.toString("base64") };
}

export function asOutgoing({ payload, ...message }: KeptMessage): Outgoing {
  return { ...message, payload: Buffer.from(payload, "base64") };
}
