import type { IPublishPacket, Packet, QoS } from "mqtt-packet";
import { matches } from "./topics";

/** Messages that wait for a client; more are dropped, the oldest first. */
const MOST_WAITING = 1000;
const HIGHEST_ID = 0xffff;

export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
}

/** What the broker knows of a client, connected or not (MQTT 3.1.1, 4.1). */
export class MqttSession {
  readonly filters = new Map<string, QoS>();
  /** Sent and not acknowledged: `pubrel` once the client has a message of QoS 2. */
  readonly #unacknowledged = new Map<number, IPublishPacket | "pubrel">();
  #waiting: Message[] = [];
  #lastId = 0;
  #send: ((packet: Packet) => void) | undefined;

  constructor(readonly clean: boolean) {}

  /** A connection begins: what was not acknowledged goes out again, then what waited. */
  attach(send: (packet: Packet) => void): void {
    this.#send = send;
    for (const [messageId, packet] of this.#unacknowledged) {
      send(packet === "pubrel" ? { cmd: "pubrel", messageId } : { ...packet, dup: true });
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) this.deliver(message);
  }

  detach(): void {
    this.#send = undefined;
  }

  /** At the highest QoS of the filters that match, and not above the message's own. */
  take(message: Message): void {
    const granted = [...this.filters].filter(([filter]) => matches(filter, message.topic)).map(([, qos]) => qos);
    if (granted.length === 0) return;
    const qos = Math.min(message.qos, Math.max(...granted)) as QoS;
    this.deliver({ ...message, qos });
  }

  deliver(message: Message): void {
    const send = this.#send;
    if (send === undefined || this.#unacknowledged.size >= MOST_WAITING) {
      if (message.qos === 0 || this.clean) return;
      this.#waiting.push(message);
      if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
      return;
    }
    const packet = { cmd: "publish", ...message, dup: false } as const;
    if (message.qos === 0) {
      send(packet);
      return;
    }
    const messageId = this.#freeId();
    this.#unacknowledged.set(messageId, { ...packet, messageId });
    send({ ...packet, messageId });
  }

  /** The client has it, or knows that it has. */
  acknowledge({ cmd, messageId = 0 }: Packet): void {
    if (cmd === "pubrec") {
      this.#unacknowledged.set(messageId, "pubrel");
      this.#send?.({ cmd: "pubrel", messageId });
    } else this.#unacknowledged.delete(messageId);
  }

  #freeId(): number {
    do this.#lastId = (this.#lastId % HIGHEST_ID) + 1;
    while (this.#unacknowledged.has(this.#lastId));
    return this.#lastId;
  }
}
