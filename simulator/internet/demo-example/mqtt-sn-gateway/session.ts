import { type BrokerAccess, BrokerLink } from "./broker-link";
import { Deliveries } from "./deliveries";
import {
  acknowledge,
  type ClientMessage,
  CODE,
  encode,
  type Publication,
  type Qos,
  suback,
  TOPIC,
  type TopicType,
  TYPE,
  twoOctets,
} from "./messages";
import { shortId, shortName, TopicIds } from "./topics";

export interface SessionSurroundings {
  readonly broker: BrokerAccess;
  /** Topics that both sides know by number. */
  readonly predefined: ReadonlyMap<number, string>;
  readonly firstTopicId: number;
  /** ms, and how often */
  readonly retryAfter: number;
  readonly retries: number;
  /** The code of a refusal that was ordered; undefined: none. */
  refusal(): number | undefined;
  send(bytes: Buffer): void;
  /** The session is over. */
  over(): void;
}

type Message<Kind extends ClientMessage["kind"]> = Extract<ClientMessage, { readonly kind: Kind }>;
type Connect = Message<"connect">;
type Filter = Message<"subscribe" | "unsubscribe">;

/** A client is lost after this many keep-alive times of silence (MQTT-SN 6.11). */
const PATIENCE = 1.5;

/** One client: its way from CONNECT to DISCONNECT, and what it has at the broker. */
export class GatewaySession {
  readonly #around: SessionSurroundings;
  readonly #connect: Connect;
  readonly #will = { topic: "", qos: 0 as Qos, retain: false, payload: Buffer.alloc(0) };
  readonly #topics: TopicIds;
  readonly #predefined = new Map<string, number>();
  readonly #deliveries: Deliveries;
  /** QoS 2: messages that wait for their PUBREL. */
  readonly #held = new Map<number, Publication>();
  /** Identifiers of messages that are on their way to the broker. */
  readonly #underway = new Set<number>();
  #link: BrokerLink | undefined;
  #opening = false;
  #over = false;
  #silence: NodeJS.Timeout | undefined;

  constructor(connect: Connect, around: SessionSurroundings) {
    this.#connect = connect;
    this.#around = around;
    this.#topics = new TopicIds(around.firstTopicId);
    const { retryAfter, retries } = around;
    const send = (bytes: Buffer) => this.#send(bytes);
    this.#deliveries = new Deliveries({
      topics: this.#topics,
      predefined: this.#predefined,
      retryAfter,
      retries,
      send,
    });
  }

  get clientId(): string {
    return this.#connect.clientId;
  }

  /** MQTT-SN 6.2: the gateway asks for the will before it accepts the client. */
  begin(): void {
    this.#heard();
    if (this.#connect.will) this.#send(encode(TYPE.willTopicRequest));
    else void this.#open();
  }

  forgetTopics(): void {
    this.#topics.forget();
  }

  take(message: ClientMessage): void {
    this.#heard();
    void this.#handle(message).catch(() => undefined);
  }

  /** Without a word to the client. @param sendsWill as when a client is lost */
  end(sendsWill: boolean): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#silence);
    this.#deliveries.stop();
    const { topic, qos, retain, payload } = this.#will;
    const link = this.#link;
    const said = sendsWill && topic !== "" ? link?.publish({ topic, qos, retain, payload }) : undefined;
    void Promise.resolve(said)
      .catch(() => undefined)
      .then(() => link?.close());
    this.#around.over();
  }

  #send(bytes: Buffer): void {
    if (!this.#over) this.#around.send(bytes);
  }

  #heard(): void {
    clearTimeout(this.#silence);
    const { duration } = this.#connect;
    if (duration === 0 || this.#over) return;
    this.#silence = setTimeout(() => this.end(true), duration * PATIENCE * 1000);
    this.#silence.unref();
  }

  async #open(): Promise<void> {
    if (this.#opening) {
      // The client has not got the answer.
      if (this.#link !== undefined) this.#send(encode(TYPE.connack, [CODE.accepted]));
      return;
    }
    this.#opening = true;
    const refusal = this.#around.refusal();
    if (refusal !== undefined) return this.#refuse(refusal);
    try {
      const { clientId, clean } = this.#connect;
      const link = await BrokerLink.open(this.#around.broker, clientId, clean, {
        message: (message) => this.#deliveries.deliver(message),
        ended: () => this.#dismiss(),
      });
      if (this.#over) link.close();
      this.#link = link;
      this.#send(encode(TYPE.connack, [CODE.accepted]));
    } catch {
      this.#refuse(CODE.congestion);
    }
  }

  #refuse(code: number): void {
    this.#send(encode(TYPE.connack, [code]));
    this.end(false);
  }

  /** The broker has ended the session. */
  #dismiss(): void {
    this.#send(encode(TYPE.disconnect));
    this.end(false);
  }

  async #handle(message: ClientMessage): Promise<void> {
    switch (message.kind) {
      case "willTopic":
        Object.assign(this.#will, { topic: message.topic, qos: message.qos, retain: message.retain });
        return this.#send(encode(TYPE.willMessageRequest));
      case "willMessage":
        this.#will.payload = Buffer.from(message.payload);
        return this.#open();
      case "pingreq":
        return this.#send(encode(TYPE.pingresp));
      case "disconnect":
        this.#send(encode(TYPE.disconnect));
        return this.end(false);
      case "regack":
      case "puback":
        return this.#deliveries.answered(message.kind, message.messageId, message.code);
      case "pubrec":
      case "pubcomp":
        return this.#deliveries.answered(message.kind, message.messageId);
      default:
        if (this.#link !== undefined) return this.#handleConnected(message, this.#link);
    }
  }

  async #handleConnected(message: ClientMessage, link: BrokerLink): Promise<void> {
    switch (message.kind) {
      case "register":
        return this.#register(message);
      case "publish":
        return this.#publish(message, link);
      case "pubrel":
        return this.#release(message.messageId, link);
      case "subscribe":
        return this.#subscribe(message, link);
      case "unsubscribe":
        return this.#unsubscribe(message, link);
      case "willTopicUpdate":
        Object.assign(this.#will, { topic: message.topic, qos: message.qos, retain: message.retain });
        return this.#send(encode(TYPE.willTopicResponse, [CODE.accepted]));
      case "willMessageUpdate":
        this.#will.payload = Buffer.from(message.payload);
        return this.#send(encode(TYPE.willMessageResponse, [CODE.accepted]));
      default:
      // Answered above, with or without a session, or by the gateway: CONNECT and SEARCHGW.
    }
  }

  #register({ name, messageId }: Message<"register">): void {
    const refusal = name === "" || /[#+]/.test(name) ? CODE.notSupported : this.#around.refusal();
    const id = refusal === undefined ? this.#topics.idFor(name) : 0;
    this.#send(acknowledge(TYPE.regack, id, messageId, refusal ?? CODE.accepted));
  }

  /** The name behind the number of a message; undefined if there is none. */
  #nameOf(topicType: TopicType, topicId: number): string | undefined {
    if (topicType === TOPIC.short) return shortName(topicId);
    return topicType === TOPIC.predefined ? this.#around.predefined.get(topicId) : this.#topics.name(topicId);
  }

  async #publish(message: Message<"publish">, link: BrokerLink): Promise<void> {
    const { topicType, topicId, messageId, qos, retain, payload } = message;
    const topic = this.#nameOf(topicType, topicId);
    const refusal = topic === undefined ? CODE.invalidTopicId : this.#around.refusal();
    if (topic === undefined || refusal !== undefined) {
      // MQTT-SN 5.4.13: whatever its QoS.
      if (qos >= 0) this.#send(acknowledge(TYPE.puback, topicId, messageId, refusal ?? CODE.accepted));
      return;
    }
    if (qos === 2) {
      if (!this.#underway.has(messageId)) this.#held.set(messageId, message);
      return this.#send(encode(TYPE.pubrec, twoOctets(messageId)));
    }
    if (qos !== 1) return link.publish({ topic, payload, qos: 0, retain });
    if (this.#underway.has(messageId)) return;
    this.#underway.add(messageId);
    try {
      await link.publish({ topic, payload, qos, retain });
      this.#send(acknowledge(TYPE.puback, topicId, messageId, CODE.accepted));
    } finally {
      this.#underway.delete(messageId);
    }
  }

  /** A PUBREL that comes again is answered again. */
  async #release(messageId: number, link: BrokerLink): Promise<void> {
    if (this.#underway.has(messageId)) return;
    const message = this.#held.get(messageId);
    const topic = message && this.#nameOf(message.topicType, message.topicId);
    if (message !== undefined && topic !== undefined) {
      this.#held.delete(messageId);
      this.#underway.add(messageId);
      try {
        await link.publish({ topic, payload: message.payload, qos: 2, retain: message.retain });
      } finally {
        this.#underway.delete(messageId);
      }
    }
    this.#send(encode(TYPE.pubcomp, twoOctets(messageId)));
  }

  /** What a filter says at the broker; undefined if it says nothing. */
  #filterOf({ topicType, topic }: Pick<Filter, "topicType" | "topic">): string | undefined {
    if (typeof topic === "number") return this.#around.predefined.get(topic);
    if (topicType === TOPIC.short && shortId(topic) === undefined) return undefined;
    return topic === "" ? undefined : topic;
  }

  /** MQTT-SN 6.9: a filter with wildcards, and a short name, get 0 for an id. */
  async #subscribe(message: Filter, link: BrokerLink): Promise<void> {
    const { topicType, topic, messageId, qos } = message;
    const filter = this.#filterOf(message);
    const refusal = filter === undefined ? CODE.invalidTopicId : this.#around.refusal();
    if (filter === undefined || refusal !== undefined) {
      return this.#send(suback(qos, 0, messageId, refusal ?? CODE.accepted));
    }
    if (typeof topic === "number") this.#predefined.set(filter, topic);
    const isNormal = topicType === TOPIC.normal && !/[#+]/.test(filter);
    const id = typeof topic === "number" ? topic : isNormal ? this.#topics.idFor(filter) : 0;
    const granted = await link.subscribe(filter, qos);
    this.#send(suback(granted ?? qos, id, messageId, granted === undefined ? CODE.notSupported : CODE.accepted));
  }

  async #unsubscribe(message: Filter, link: BrokerLink): Promise<void> {
    const filter = this.#filterOf(message);
    if (filter !== undefined) await link.unsubscribe(filter);
    if (typeof message.topic === "number" && filter !== undefined) this.#predefined.delete(filter);
    this.#send(encode(TYPE.unsuback, twoOctets(message.messageId)));
  }
}
