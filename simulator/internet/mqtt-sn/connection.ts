import type { SocketSurroundings } from "../tcp-udp/tcp-udp";
import { type DatagramChannel, openDatagrams } from "./channel";
import {
  connectMessage,
  filterMessage,
  flags,
  isRetained,
  message,
  publishMessage,
  qosOf,
  Reader,
  SN,
  topicTypeOf,
  two,
} from "./messages";
import { Retransmission } from "./retransmission";
import {
  type GatewayTarget,
  RETURN_CODE,
  type SnEnd,
  SnError,
  type SnEvents,
  type SnLogin,
  type SnMessage,
  type SnWill,
  TOPIC_TYPE,
  type TopicFilter,
} from "./types";

/**
 * An MQTT-SN client of one gateway. It does what a modem does and nothing else: it never connects again, and looks for
 * no other gateway. The loop of pings is its owner's.
 */
export class SnConnection {
  readonly #channel: DatagramChannel;
  readonly #events: SnEvents;
  readonly #around: SocketSurroundings;
  readonly #exchanges: Retransmission;
  /** Topic names by the id that the gateway gave them in this session. */
  readonly #names = new Map<number, string>();
  /** QoS 2: identifiers of messages that were delivered and are not released yet. */
  readonly #held = new Set<number>();
  readonly #leave = () => this.abort();
  /** What the gateway begins; all else is an answer. */
  readonly #handlers: ReadonlyMap<number, (read: Reader) => void> = new Map<number, (read: Reader) => void>([
    [SN.publish, (read) => this.#deliver(read)],
    [SN.register, (read) => this.#learn(read)],
    [SN.pubrel, (read) => this.#release(read.twoOctets())],
    [SN.pingreq, () => this.#send(message(SN.pingresp))],
    [SN.disconnect, (read) => this.#dismiss(read)],
  ]);
  #over = false;
  /** When the last message went out, by `performance.now()`. */
  lastSent = performance.now();

  private constructor(
    channel: DatagramChannel,
    retryAfter: number | undefined,
    events: SnEvents,
    around: SocketSurroundings,
  ) {
    this.#channel = channel;
    this.#exchanges = new Retransmission(retryAfter);
    this.#events = events;
    this.#around = around;
    channel.received = (bytes) => this.#take(bytes);
    channel.ended = () => this.#end("lost");
    around.signal.addEventListener("abort", this.#leave, { once: true });
  }

  /**
   * Opens the way to the gateway; `login` follows, unless all messages are of QoS −1.
   * @param around its signal ends it without a word to the gateway, and without an event
   * @throws {SocketError} `tls` for a handshake that failed
   */
  static async open(target: GatewayTarget, events: SnEvents, around: SocketSurroundings): Promise<SnConnection> {
    return new SnConnection(await openDatagrams(target, around), target.retryAfter, events, around);
  }

  /** The session has ended, or was closed. */
  get over(): boolean {
    return this.#over;
  }

  /** The topic ids of this session. */
  get ids(): Iterable<number> {
    return this.#names.keys();
  }

  /** The name behind a topic id of this session. */
  nameOf(id: number): string | undefined {
    return this.#names.get(id);
  }

  /** MQTT-SN 6.2. @throws {SnError} */
  async login({ clientId, duration, clean, will }: SnLogin): Promise<void> {
    const first = connectMessage(clientId, duration, clean, will !== undefined);
    let answer = await this.#ask([[SN.willTopicReq], [SN.connack]], () => first);
    if (answer.type === SN.willTopicReq && will !== undefined) {
      const { topic, qos, retain, payload } = will;
      const topicMessage = message(SN.willTopic, flags({ qos, retain }), Buffer.from(topic));
      await this.#ask([[SN.willMsgReq]], () => topicMessage);
      answer = await this.#ask([[SN.connack]], () => message(SN.willMsg, payload));
    }
    accepted(answer.type === SN.connack ? answer.octet() : RETURN_CODE.notSupported);
  }

  /** MQTT-SN 6.5. @returns the topic id @throws {SnError} */
  async register(name: string): Promise<number> {
    const messageId = this.#exchanges.freeId();
    const bytes = message(SN.register, two(0), two(messageId), Buffer.from(name));
    const answer = await this.#ask([[SN.regack, messageId]], () => bytes);
    const id = answer.twoOctets();
    answer.twoOctets();
    accepted(answer.octet());
    this.#names.set(id, name);
    return id;
  }

  /** Resolves once the gateway has taken it: with QoS 0 and −1 when it has gone out. @throws {SnError} */
  async publish(publication: SnMessage): Promise<void> {
    const { qos } = publication;
    if (qos <= 0) {
      this.#send(publishMessage(publication, 0));
      await this.#channel.drained();
      return;
    }
    const messageId = this.#exchanges.freeId();
    const bytes = (again: boolean) => publishMessage(publication, messageId, again);
    // A refusal is a PUBACK with any QoS (MQTT-SN 5.4.13).
    const answer = await this.#ask(
      [[SN.puback, messageId], ...(qos === 2 ? [[SN.pubrec, messageId] as const] : [])],
      bytes,
    );
    if (answer.type === SN.puback) {
      answer.twoOctets();
      answer.twoOctets();
      accepted(answer.octet());
    } else await this.#ask([[SN.pubcomp, messageId]], () => message(SN.pubrel, two(messageId)));
  }

  /** MQTT-SN 6.9. @returns what was granted, and the topic id: 0 for short names and wildcards @throws {SnError} */
  async subscribe(filter: TopicFilter, qos: 0 | 1 | 2): Promise<{ readonly qos: number; readonly id: number }> {
    const messageId = this.#exchanges.freeId();
    const bytes = (duplicate: boolean) => filterMessage(SN.subscribe, filter, messageId, { duplicate, qos });
    const answer = await this.#ask([[SN.suback, messageId]], bytes);
    const granted = qosOf(answer.octet());
    const id = answer.twoOctets();
    answer.twoOctets();
    accepted(answer.octet());
    if (filter.type === TOPIC_TYPE.normal && id !== 0) this.#names.set(id, `${filter.topic}`);
    return { qos: granted, id };
  }

  /** @throws {SnError} */
  async unsubscribe(filter: TopicFilter): Promise<void> {
    const messageId = this.#exchanges.freeId();
    const bytes = filterMessage(SN.unsubscribe, filter, messageId, {});
    await this.#ask([[SN.unsuback, messageId]], () => bytes);
  }

  /** MQTT-SN 6.4. @throws {SnError} */
  async updateWillTopic({ topic, qos, retain }: Omit<SnWill, "payload">): Promise<void> {
    const bytes = message(SN.willTopicUpd, flags({ qos, retain }), Buffer.from(topic));
    accepted((await this.#ask([[SN.willTopicResp]], () => bytes)).octet());
  }

  /** MQTT-SN 6.4. @throws {SnError} */
  async updateWillMessage(payload: Buffer): Promise<void> {
    accepted((await this.#ask([[SN.willMsgResp]], () => message(SN.willMsgUpd, payload))).octet());
  }

  /** @param wait ms for the answer; the message does not go out again @throws {SnError} */
  async ping({ timeout }: { readonly timeout: number }): Promise<void> {
    await this.#ask([[SN.pingresp]], () => message(SN.pingreq), { retryAfter: timeout, retries: 0 });
  }

  /** Says goodbye, so that no will is sent. @throws {SnError} the gateway did not answer; the session is over too */
  async disconnect(): Promise<void> {
    try {
      await this.#ask([[SN.disconnect]], () => message(SN.disconnect));
    } finally {
      this.abort();
    }
  }

  /** Ends at once and silently. */
  abort(): void {
    this.#finish(new SnError("aborted", "the modem's connection is gone"));
  }

  #ask(
    answers: readonly (readonly [type: number, messageId?: number])[],
    bytes: (again: boolean) => Buffer,
    patience?: { readonly retryAfter: number; readonly retries: number },
  ): Promise<Reader> {
    if (this.#over) throw new SnError("aborted", "there is no session");
    return this.#exchanges.run(answers, (again) => this.#send(bytes(again)), patience);
  }

  #send(bytes: Buffer): void {
    this.lastSent = performance.now();
    this.#channel.send(bytes);
  }

  #take(datagram: Buffer): void {
    const read = Reader.of(datagram);
    if (read === undefined || this.#over) return;
    try {
      this.#handle(read);
    } catch (error) {
      // A message that is too short is dropped, as one that got lost.
      if (!(error instanceof RangeError)) throw error;
    }
  }

  #handle(read: Reader): void {
    const own = this.#handlers.get(read.type);
    if (own !== undefined) own(read);
    else this.#exchanges.answer(read, read.type, messageIdOf(read));
  }

  #release(messageId: number): void {
    this.#held.delete(messageId);
    this.#send(message(SN.pubcomp, two(messageId)));
  }

  /** Unasked: the gateway can't map what it received to a client (MQTT-SN 5.4.21). */
  #dismiss(read: Reader): void {
    if (!this.#exchanges.answer(read, SN.disconnect)) this.#end("dismissed");
  }

  /** MQTT-SN 6.10: the gateway names the topics of a subscription with wildcards. */
  #learn(read: Reader): void {
    const id = read.twoOctets();
    const messageId = read.twoOctets();
    this.#names.set(id, read.rest().toString());
    this.#send(message(SN.regack, two(id), two(messageId), Buffer.of(RETURN_CODE.accepted)));
  }

  #deliver(read: Reader): void {
    const bits = read.octet();
    const id = read.twoOctets();
    const messageId = read.twoOctets();
    const [type, qos] = [topicTypeOf(bits), qosOf(bits)];
    if (type === undefined || qos === 3) return;
    if (type === TOPIC_TYPE.normal && !this.#names.has(id)) {
      this.#send(message(SN.puback, two(id), two(messageId), Buffer.of(RETURN_CODE.invalidTopicId)));
      return;
    }
    const isNew = qos !== 2 || !this.#held.has(messageId);
    if (isNew) this.#events.message({ topic: { type, id }, payload: read.rest(), qos, retain: isRetained(bits) });
    if (this.#over || qos === 0) return;
    if (qos === 2) this.#held.add(messageId);
    const accept = [two(id), two(messageId), Buffer.of(RETURN_CODE.accepted)];
    this.#send(qos === 1 ? message(SN.puback, ...accept) : message(SN.pubrec, two(messageId)));
  }

  #end(reason: SnEnd): void {
    if (this.#over) return;
    this.#finish(
      new SnError(reason, reason === "lost" ? "the way to the gateway is gone" : "the gateway said goodbye"),
    );
    this.#events.ended(reason);
  }

  #finish(error: SnError): void {
    if (this.#over) return;
    this.#over = true;
    this.#around.signal.removeEventListener("abort", this.#leave);
    this.#channel.close();
    this.#exchanges.failAll(error);
  }
}

/** Where the answers that repeat an identifier have it. */
const MESSAGE_ID_AT: ReadonlyMap<number, number> = new Map([
  [SN.regack, 2],
  [SN.puback, 2],
  [SN.suback, 3],
  [SN.unsuback, 0],
  [SN.pubrec, 0],
  [SN.pubcomp, 0],
]);

/** Octets behind the type that an answer has at least (MQTT-SN 5.4). */
const SHORTEST: ReadonlyMap<number, number> = new Map([
  [SN.connack, 1],
  [SN.regack, 5],
  [SN.puback, 5],
  [SN.suback, 6],
  [SN.willTopicResp, 1],
  [SN.willMsgResp, 1],
]);

/** @throws {RangeError} the message is too short */
function messageIdOf({ type, body }: Reader): number {
  if (body.length < (SHORTEST.get(type) ?? 0)) throw new RangeError("an answer that is too short");
  const at = MESSAGE_ID_AT.get(type);
  return at === undefined ? 0 : body.readUInt16BE(at);
}

const CODES: Readonly<Record<number, string>> = { 1: "congestion", 2: "invalid topic id", 3: "not supported" };

/** @throws {SnError} `refused` */
function accepted(code: number): void {
  if (code !== RETURN_CODE.accepted) throw new SnError("refused", `the gateway refused: ${CODES[code] ?? code}`);
}
