import { randomBytes } from "node:crypto";
import {
  generate,
  type IConnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type Packet,
  parser,
  type QoS,
} from "mqtt-packet";
import type { StreamSocket } from "../../own-traffic";
import { type Message, MqttSession } from "./session";
import { isFilter, isTopic, matches } from "./topics";

/** ms until a client has to say who it is. */
const LOGIN_TIME_MS = 10_000;
/** A client that is silent for this share of its keep-alive time is gone (MQTT 3.1.1, 3.1.2.10). */
const PATIENCE = 1.5;
const LARGEST_PACKET = 1024 * 1024;
const MOST_RETAINED = 1000;
const MOST_SESSIONS = 1000;
/** Bytes that a client has not taken; one that takes nothing is gone. */
const MOST_UNSENT = 8 * 1024 * 1024;
const REFUSED = 128;
const CODE = { accepted: 0, version: 1, clientId: 2, credentials: 4 };
/** As of the page /basic-auth; who gives no name needs none. */
const USER = "demo";

/** A small MQTT 3.1.1 broker in memory: sessions, wildcards, retained messages, wills, QoS 0 to 2. */
export class MqttBroker {
  readonly #sessions = new Map<string, MqttSession>();
  readonly #clients = new Map<string, Client>();
  readonly #retained = new Map<string, Message>();

  readonly serve = (socket: StreamSocket): void => void new Client(this, socket);

  /** A client of the same name is thrown out (MQTT 3.1.1, 3.1.4). @returns its session, and whether it is an old one */
  enter(id: string, client: Client, clean: boolean): { readonly session: MqttSession; readonly isOld: boolean } {
    this.#clients.get(id)?.drop();
    this.#clients.set(id, client);
    const old = this.#sessions.get(id);
    const isOld = !clean && old !== undefined && !old.clean;
    const session = isOld ? old : new MqttSession(clean);
    // A map keeps the order: the session that was used least recently is the first.
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    const [oldest] = [...this.#sessions.keys()].filter((other) => !this.#clients.has(other));
    if (this.#sessions.size > MOST_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
    return { session, isOld };
  }

  leave(id: string, client: Client, session: MqttSession): void {
    session.detach();
    if (this.#clients.get(id) === client) this.#clients.delete(id);
    if (session.clean && this.#sessions.get(id) === session) this.#sessions.delete(id);
  }

  publish(message: Message): void {
    if (message.retain) this.#keep(message);
    for (const session of this.#sessions.values()) session.take({ ...message, retain: false });
  }

  /** The retained messages of a filter. */
  retained(filter: string): readonly Message[] {
    return [...this.#retained.values()].filter(({ topic }) => matches(filter, topic));
  }

  #keep(message: Message): void {
    if (message.payload.length === 0) this.#retained.delete(message.topic);
    else if (this.#retained.has(message.topic) || this.#retained.size < MOST_RETAINED) {
      this.#retained.set(message.topic, message);
    }
  }
}

/** One connection. */
class Client {
  readonly #broker: MqttBroker;
  readonly #socket: StreamSocket;
  /** QoS 2: published and not released. */
  readonly #held = new Set<number>();
  #id = "";
  #session: MqttSession | undefined;
  #will: Message | undefined;

  constructor(broker: MqttBroker, socket: StreamSocket) {
    this.#broker = broker;
    this.#socket = socket;
    const packets = parser();
    packets.on("packet", (packet) => this.#take(packet));
    packets.on("error", () => this.end());
    socket.on("data", (bytes: Buffer) => {
      if (packets.parse(bytes) > LARGEST_PACKET) this.end();
    });
    socket.on("error", () => this.end());
    socket.once("end", () => this.end());
    socket.once("close", () => this.#gone());
    socket.setTimeout(LOGIN_TIME_MS, () => this.end());
  }

  end(): void {
    this.#socket.destroy();
  }

  /** Its session is free at once. */
  drop(): void {
    this.#gone();
    this.end();
  }

  #gone(): void {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) this.#broker.leave(this.#id, this, session);
    if (this.#will !== undefined) this.#broker.publish(this.#will);
    this.#will = undefined;
  }

  readonly #send = (packet: Packet): void => {
    if (this.#socket.destroyed) return;
    this.#socket.write(generate(packet));
    if (this.#socket.writableLength > MOST_UNSENT) this.end();
  };

  #take(packet: Packet): void {
    if (this.#socket.destroyed) return;
    const session = this.#session;
    if (packet.cmd === "connect" && session === undefined) this.#login(packet);
    else if (session === undefined) this.end();
    else this.#serve(packet, session);
  }

  #login(packet: IConnectPacket): void {
    const { clientId, clean = true, keepalive = 0, will } = packet;
    const code = codeFor(packet);
    if (code !== CODE.accepted) {
      this.#send({ cmd: "connack", returnCode: code, sessionPresent: false });
      this.#socket.end();
      return;
    }
    this.#socket.setTimeout(keepalive * PATIENCE * 1000);
    this.#id = clientId === "" ? randomBytes(8).toString("hex") : clientId;
    const { session, isOld } = this.#broker.enter(this.#id, this, clean);
    this.#session = session;
    if (will !== undefined) {
      const { topic, payload, qos = 0, retain = false } = will;
      this.#will = { topic, payload: Buffer.from(payload), qos, retain };
    }
    this.#send({ cmd: "connack", returnCode: code, sessionPresent: isOld });
    session.attach(this.#send);
  }

  #serve(packet: Packet, session: MqttSession): void {
    const { messageId = 0 } = packet;
    switch (packet.cmd) {
      case "publish":
        this.#publish(packet);
        break;
      case "pubrel":
        this.#held.delete(messageId);
        this.#send({ cmd: "pubcomp", messageId });
        break;
      case "puback":
      case "pubrec":
      case "pubcomp":
        session.acknowledge(packet);
        break;
      case "subscribe":
        this.#subscribe(packet, session);
        break;
      case "unsubscribe":
        for (const filter of packet.unsubscriptions) session.filters.delete(filter);
        this.#send({ cmd: "unsuback", messageId, granted: [] });
        break;
      case "pingreq":
        this.#send({ cmd: "pingresp" });
        break;
      default:
        // With DISCONNECT the will is no more to be sent (MQTT 3.1.1, 3.14); anything else is none of a client's.
        if (packet.cmd === "disconnect") this.#will = undefined;
        this.end();
    }
  }

  #publish({ topic, payload, qos, retain, messageId = 0 }: IPublishPacket): void {
    if (!isTopic(topic)) {
      this.end();
      return;
    }
    const isNew = qos !== 2 || !this.#held.has(messageId);
    if (qos === 2) this.#held.add(messageId);
    // The publisher knows first, as with most brokers.
    if (qos > 0) this.#send({ cmd: qos === 1 ? "puback" : "pubrec", messageId });
    if (isNew) this.#broker.publish({ topic, payload: Buffer.from(payload), qos, retain });
  }

  #subscribe({ subscriptions, messageId = 0 }: ISubscribePacket, session: MqttSession): void {
    const granted = subscriptions.map(({ topic, qos }) => (isFilter(topic) ? qos : REFUSED));
    for (const { topic, qos } of subscriptions) if (isFilter(topic)) session.filters.set(topic, qos);
    this.#send({ cmd: "suback", messageId, granted });
    for (const { topic, qos } of subscriptions) {
      for (const kept of this.#broker.retained(topic)) {
        session.deliver({ ...kept, qos: Math.min(kept.qos, qos) as QoS });
      }
    }
  }
}

function codeFor({ protocolVersion = 4, clientId, clean, username, password }: IConnectPacket): number {
  if (protocolVersion > 4) return CODE.version;
  if (clientId === "" && (clean === false || protocolVersion === 3)) return CODE.clientId;
  const isKnown = username === undefined || (username === USER && password?.toString() === USER);
  return isKnown ? CODE.accepted : CODE.credentials;
}
