import type { IPublishPacket, Packet } from "mqtt-packet";
import { TcpConnection } from "../tcp-udp/connection";
import type { SocketError, SocketSurroundings } from "../tcp-udp/tcp-udp";
import { openSecure } from "../tls/open-secure";
import type { TlsConnection } from "../tls/types";
import { Exchanges } from "./exchanges";
import {
  type BrokerTarget,
  type Login,
  type LoginAnswer,
  MqttError,
  type MqttEvents,
  type MqttFailure,
  type MqttMessage,
  type QoS,
  type Wait,
} from "./types";

type Codec = typeof import("mqtt-packet");

const BUFFERS = { receive: 64 * 1024, send: 256 * 1024 };
/** Of one packet that arrives: far more than any modem takes. */
const LARGEST_PACKET = 1024 * 1024;

interface Subscription {
  readonly filter: string;
  readonly qos: QoS;
}

/**
 * An MQTT client of one network connection (MQTT 3.1 and 3.1.1). It does what a modem does and nothing else: it never
 * connects again, remembers no subscription and stores no message. The loop of pings is its owner's.
 */
export class MqttConnection {
  readonly #connection: TcpConnection;
  readonly #secured: TlsConnection | undefined;
  readonly #codec: Codec;
  readonly #parser: ReturnType<Codec["parser"]>;
  readonly #events: MqttEvents;
  readonly #exchanges = new Exchanges();
  /** QoS 2: identifiers of messages that were delivered and are not released yet. */
  readonly #held = new Set<number>();
  readonly #around: SocketSurroundings;
  readonly #leave = () => this.abort();
  #over = false;
  /** When the last packet went out, by `performance.now()`. */
  lastSent = performance.now();

  private constructor(
    connection: TcpConnection,
    secured: TlsConnection | undefined,
    codec: Codec,
    events: MqttEvents,
    around: SocketSurroundings,
  ) {
    this.#connection = connection;
    this.#secured = secured;
    this.#codec = codec;
    this.#events = events;
    this.#around = around;
    this.#parser = codec.parser();
    this.#parser.on("packet", (packet) => this.#take(packet));
    this.#parser.on("error", (error: Error) => this.#violated(error.message));
    around.signal.addEventListener("abort", this.#leave, { once: true });
    connection.watch({
      received: () => this.#read(),
      sent: () => undefined,
      ended: (error) => this.#ended(error),
    });
  }

  /**
   * Opens the network connection; `login` has to follow.
   * @param around its signal ends the session without a word to the broker, and without an event
   * @throws {SocketError} `tls` for a handshake that failed
   */
  static async open(target: BrokerTarget, events: MqttEvents, around: SocketSurroundings): Promise<MqttConnection> {
    const codec = await import("mqtt-packet");
    const { tls, onTls } = target;
    if (tls === undefined) {
      const connection = await TcpConnection.open(target, BUFFERS, around);
      return new MqttConnection(connection, undefined, codec, events, around);
    }
    const { connection, secured } = await openSecure(tls, target, BUFFERS, around);
    onTls?.(secured);
    return new MqttConnection(connection, secured, codec, events, around);
  }

  /** The session has ended, or was closed. */
  get over(): boolean {
    return this.#over;
  }

  /** @throws {MqttError} no answer, or none in time */
  async login(login: Login, wait: Wait): Promise<LoginAnswer> {
    const { version, clientId, user, password, keepAlive, clean, will } = login;
    const answer = await this.#exchange("connack", 0, wait, () => ({
      cmd: "connect",
      protocolId: version === 3 ? "MQIsdp" : "MQTT",
      protocolVersion: version,
      clientId,
      keepalive: keepAlive,
      clean,
      ...(user === undefined ? {} : { username: user }),
      ...(password === undefined ? {} : { password }),
      ...(will === undefined ? {} : { will }),
    }));
    if (answer.cmd !== "connack") throw new MqttError("protocol", "the answer is no CONNACK");
    return { code: answer.returnCode ?? 0, sessionPresent: answer.sessionPresent };
  }

  /**
   * Resolves once the broker has taken it: with QoS 0 when it has gone out.
   * @param messageId the client's own choice if left out
   * @throws {MqttError}
   */
  async publish(message: MqttMessage, wait: Wait, messageId = this.#exchanges.freeId()): Promise<void> {
    const packet = { cmd: "publish", ...message, dup: false, messageId } as const;
    if (message.qos === 0) {
      this.#send(packet);
      return;
    }
    const first = message.qos === 1 ? "puback" : "pubrec";
    await this.#exchange(first, messageId, wait, (dup) => ({ ...packet, dup }));
    if (message.qos === 2) await this.#exchange("pubcomp", messageId, wait, () => ({ cmd: "pubrel", messageId }));
  }

  /** @returns what was granted, in the order asked: a QoS, or 128 for a refusal @throws {MqttError} */
  async subscribe(
    subscriptions: readonly Subscription[],
    wait: Wait,
    messageId = this.#exchanges.freeId(),
  ): Promise<readonly number[]> {
    const wanted = subscriptions.map(({ filter: topic, qos }) => ({ topic, qos }));
    const answer = await this.#exchange("suback", messageId, wait, () => ({
      cmd: "subscribe",
      messageId,
      subscriptions: wanted,
    }));
    return answer.cmd === "suback" ? answer.granted.map(Number) : [];
  }

  /** @throws {MqttError} */
  async unsubscribe(filters: readonly string[], wait: Wait, messageId = this.#exchanges.freeId()): Promise<void> {
    const unsubscriptions = [...filters];
    await this.#exchange("unsuback", messageId, wait, () => ({ cmd: "unsubscribe", messageId, unsubscriptions }));
  }

  /** @throws {MqttError} */
  async ping(wait: Wait): Promise<void> {
    await this.#exchange("pingresp", 0, wait, () => ({ cmd: "pingreq" }));
  }

  /** Says goodbye, so that no will is sent, and closes the connection. */
  async disconnect(): Promise<void> {
    if (!this.#over) this.#send({ cmd: "disconnect" });
    await this.close();
  }

  /** Closes the connection without DISCONNECT: the broker sends the will. */
  async close(): Promise<void> {
    this.#finish("aborted", "the client closed the connection");
    await this.#connection.close();
  }

  /** Ends at once and silently. */
  abort(): void {
    this.#finish("aborted", "the modem's connection is gone");
    this.#connection.abort();
  }

  async #exchange(kind: Packet["cmd"], id: number, wait: Wait, packet: (again: boolean) => Packet): Promise<Packet> {
    const first = this.#encoded(packet(false));
    return this.#exchanges.run(kind, id, wait, (again) => this.#write(again ? this.#encoded(packet(true)) : first));
  }

  #send(packet: Packet): void {
    this.#write(this.#encoded(packet));
  }

  /** @throws {MqttError} `protocol`: what no packet can say, such as a password without a user */
  #encoded(packet: Packet): Buffer {
    if (this.#over) throw new MqttError("closed", "there is no connection");
    try {
      return this.#codec.generate(packet);
    } catch (error) {
      throw new MqttError("protocol", error instanceof Error ? error.message : String(error));
    }
  }

  /** What finds no room, since the network moves nothing, is lost: the wait for its answer ends. */
  #write(bytes: Buffer): void {
    this.lastSent = performance.now();
    this.#connection.write(bytes);
  }

  #read(): void {
    while (!this.#over && this.#connection.unread > 0) {
      const left = this.#parser.parse(this.#connection.read(BUFFERS.receive));
      if (left > LARGEST_PACKET) this.#violated("a packet that is too large");
    }
  }

  #take(packet: Packet): void {
    if (this.#over) return;
    const { cmd, messageId = 0 } = packet;
    if ((cmd === "puback" || cmd === "pubrec") && this.#events.losesAcknowledgement?.()) return;
    if (cmd === "publish") this.#deliver(packet);
    else if (this.#exchanges.answer(packet)) return;
    else if (cmd === "pubrel") {
      this.#held.delete(messageId);
      this.#send({ cmd: "pubcomp", messageId });
    } else if (cmd === "pubrec") {
      // Of a publish that was given up: without an answer the broker would keep it.
      this.#send({ cmd: "pubrel", messageId });
    } else if (!LATE.has(cmd)) this.#violated(`a broker sends no ${cmd}`);
  }

  /** MQTT 3.1.1, 4.3. */
  #deliver({ topic, payload, qos, retain, dup, messageId = 0 }: IPublishPacket): void {
    const isNew = qos !== 2 || !this.#held.has(messageId);
    if (isNew) {
      this.#events.message({
        topic,
        payload: Buffer.from(payload),
        qos,
        retain,
        duplicate: dup,
        messageId: qos === 0 ? 0 : messageId,
      });
    }
    if (this.#over || qos === 0) return;
    if (qos === 2) this.#held.add(messageId);
    this.#send({ cmd: qos === 1 ? "puback" : "pubrec", messageId });
  }

  #violated(what: string): void {
    if (this.#over) return;
    this.#finish("protocol", what);
    this.#connection.abort();
    this.#events.ended("protocol");
  }

  #ended(error: SocketError | undefined): void {
    if (this.#over) return;
    const reason = error === undefined ? "closed" : "lost";
    const isRefused = this.#secured?.explain().failure === "tls";
    this.#finish(isRefused ? "tls" : reason, error?.message ?? "the broker hung up");
    this.#connection.abort();
    this.#events.ended(reason);
  }

  #finish(failure: MqttFailure, why: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#around.signal.removeEventListener("abort", this.#leave);
    this.#exchanges.failAll(new MqttError(failure, why));
  }
}

/** Answers that may come after the wait for them ended. */
const LATE: ReadonlySet<Packet["cmd"]> = new Set(["puback", "pubcomp", "suback", "unsuback", "pingresp"]);
