import { once } from "node:events";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { generate, type IPublishPacket, type Packet, parser } from "mqtt-packet";
import type { Qos } from "./messages";

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** Where a broker is, or what connects to it. */
export type BrokerAccess = BrokerAddress | (() => Duplex);

export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: Qos;
  readonly retain: boolean;
}

interface LinkEvents {
  /** Once it resolves the broker need not keep the message. */
  message(message: BrokerMessage): Promise<void>;
  /** The broker hung up, or the connection broke. */
  ended(): void;
}

const LOGIN_TIMEOUT_MS = 5000;
const REFUSED = 128;
const HIGHEST_ID = 0xffff;

/** The MQTT connection of one client to the broker (MQTT 3.1.1). What is not answered fails when the link ends. */
export class BrokerLink {
  readonly #socket: Duplex;
  readonly #events: LinkEvents;
  readonly #waiting = new Map<string, { resolve(packet: Packet): void; reject(error: Error): void }>();
  #lastId = 0;
  #closed = false;

  private constructor(socket: Duplex, events: LinkEvents) {
    this.#socket = socket;
    this.#events = events;
    const packets = parser();
    packets.on("packet", (packet) => this.#take(packet));
    packets.on("error", () => socket.destroy());
    socket.on("data", (bytes) => packets.parse(bytes));
    socket.on("error", () => undefined);
    socket.once("close", () => this.#end());
  }

  /** @throws {Error} there is no broker, or it refuses the client */
  static async open(broker: BrokerAccess, clientId: string, clean: boolean, events: LinkEvents): Promise<BrokerLink> {
    const socket = typeof broker === "function" ? broker() : connect(broker);
    const giveUp = setTimeout(() => socket.destroy(new Error("the broker does not answer")), LOGIN_TIMEOUT_MS);
    try {
      return await BrokerLink.#login(socket, clientId, clean, events);
    } finally {
      clearTimeout(giveUp);
    }
  }

  static async #login(socket: Duplex, clientId: string, clean: boolean, events: LinkEvents): Promise<BrokerLink> {
    await once(socket, "connect");
    const link = new BrokerLink(socket, events);
    const answer = await link.#ask("connack", 0, {
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clientId,
      clean,
      keepalive: 0,
    });
    if (answer.cmd === "connack" && answer.returnCode === 0) return link;
    link.close();
    throw new Error(`the broker refused ${clientId}`);
  }

  /** Resolves once the broker has taken it. @throws {Error} the link ended */
  async publish({ topic, payload, qos, retain }: BrokerMessage): Promise<void> {
    const packet = { cmd: "publish", topic, payload, qos, retain, dup: false } as const;
    if (qos === 0) {
      this.#send(packet);
      return;
    }
    const messageId = this.#freeId();
    await this.#ask(qos === 1 ? "puback" : "pubrec", messageId, { ...packet, messageId });
    if (qos === 2) await this.#ask("pubcomp", messageId, { cmd: "pubrel", messageId });
  }

  /** @returns what was granted; undefined: nothing @throws {Error} the link ended */
  async subscribe(topic: string, qos: Qos): Promise<Qos | undefined> {
    const messageId = this.#freeId();
    const answer = await this.#ask("suback", messageId, {
      cmd: "subscribe",
      messageId,
      subscriptions: [{ topic, qos }],
    });
    const granted = answer.cmd === "suback" ? Number(answer.granted[0] ?? REFUSED) : REFUSED;
    return granted === REFUSED ? undefined : (granted as Qos);
  }

  /** @throws {Error} the link ended */
  async unsubscribe(topic: string): Promise<void> {
    const messageId = this.#freeId();
    await this.#ask("unsuback", messageId, { cmd: "unsubscribe", messageId, unsubscriptions: [topic] });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.end(generate({ cmd: "disconnect" }));
    this.#failAll();
    // A broker that does not hang up would keep the process.
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }

  #freeId(): number {
    this.#lastId = (this.#lastId % HIGHEST_ID) + 1;
    return this.#lastId;
  }

  #ask(kind: Packet["cmd"], id: number, packet: Packet): Promise<Packet> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new Error("the link has ended"));
      this.#waiting.set(`${kind} ${id}`, { resolve, reject });
      this.#send(packet);
    });
  }

  #send(packet: Packet): void {
    if (!this.#closed) this.#socket.write(generate(packet));
  }

  #take(packet: Packet): void {
    const { cmd, messageId = 0 } = packet;
    if (cmd === "publish") this.#deliver(packet);
    else if (cmd === "pubrel") this.#send({ cmd: "pubcomp", messageId });
    const key = `${cmd} ${messageId}`;
    this.#waiting.get(key)?.resolve(packet);
    this.#waiting.delete(key);
  }

  /** What the client did not get stays with the broker, which sends it again in the next session. */
  #deliver({ topic, payload, qos, retain, messageId = 0 }: IPublishPacket): void {
    const delivered = this.#events.message({ topic, payload: Buffer.from(payload), qos, retain });
    delivered.then(
      () => {
        if (qos > 0) this.#send({ cmd: qos === 1 ? "puback" : "pubrec", messageId });
      },
      () => undefined,
    );
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#failAll();
    this.#events.ended();
  }

  #failAll(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error("the link has ended"));
    this.#waiting.clear();
  }
}
