import type { Qos } from "../../driver/services/mqtt/mqtt";
import { matches } from "./filter";
import { RetainedMessages } from "./retained";
import { type Topic, topicKey, topicText } from "./topic";

/** A message for a node. */
export interface Received {
  readonly topic: Topic;
  readonly payload: Buffer;
  /** Left out where the modem doesn't tell. */
  readonly qos?: Qos;
  /** Only of a message that was kept for who joins. */
  readonly retain?: true;
}

/** Who gets messages: a node. */
export interface Subscriber {
  deliver(message: Received): void;
}

/** What a node has subscribed to. */
export interface Subscription {
  readonly filter: Topic;
  readonly qos: Qos;
}

/** The filters of all nodes of a broker: each is asked of the broker once, at the highest QoS that a node wants. */
export class Subscriptions {
  readonly #byKey = new Map<string, { filter: Topic; readonly wanted: Map<Subscriber, Qos> }>();
  readonly #retained = new RetainedMessages();

  /** @returns the QoS to ask the broker for; undefined where what it has is enough */
  add(subscriber: Subscriber, { filter, qos }: Subscription): Qos | undefined {
    const key = topicKey(filter);
    const entry = this.#byKey.get(key) ?? { filter, wanted: new Map<Subscriber, Qos>() };
    const before = highest(entry.wanted.values());
    const isNew = !entry.wanted.has(subscriber);
    entry.wanted.set(subscriber, qos);
    this.#byKey.set(key, entry);
    const after = highest(entry.wanted.values());
    // What is known the broker's own copy doesn't bring to anybody again.
    if (isNew) this.#handOver(subscriber, filter);
    return before === undefined || after === undefined || after > before ? after : undefined;
  }

  /** @returns whether nobody wants the filter any more */
  remove(subscriber: Subscriber, filter: Topic): boolean {
    const entry = this.#byKey.get(topicKey(filter));
    if (entry?.wanted.delete(subscriber) !== true || entry.wanted.size > 0) return false;
    this.#byKey.delete(topicKey(filter));
    return true;
  }

  isWanted(filter: Topic): boolean {
    return this.#byKey.has(topicKey(filter));
  }

  of(subscriber: Subscriber): Subscription[] {
    return [...this.#byKey.values()].flatMap(({ filter, wanted }) => {
      const qos = wanted.get(subscriber);
      return qos === undefined ? [] : [{ filter, qos }];
    });
  }

  /** All that a session has to subscribe to. */
  all(): Subscription[] {
    return [...this.#byKey.values()].map(({ filter, wanted }) => ({ filter, qos: highest(wanted.values()) ?? 0 }));
  }

  /** The broker is about to be asked for it. @returns a function to call when it has answered */
  subscribing(filter: Topic): () => void {
    return this.#retained.subscribing((topic) => isFor(filter, { type: "normal", name: topic }));
  }

  /** Gives a message to each node that wants it, once, however many of its filters match. */
  deliver(message: Received): void {
    if (this.#retained.received(topicText(message.topic), message.payload)) return;
    const receivers = new Set<Subscriber>();
    for (const { filter, wanted } of this.#byKey.values())
      if (isFor(filter, message.topic)) for (const subscriber of wanted.keys()) receivers.add(subscriber);
    for (const receiver of receivers) receiver.deliver(message);
  }

  /** The broker has acknowledged a retained message of this session's own. */
  retained(topic: string, payload: Buffer): void {
    // What nobody listens to may change unheard.
    if (this.#isHeard(topic)) this.#retained.published(topic, payload);
  }

  /** A filter is no longer subscribed to: retained messages that only it has brought may change unheard. */
  forgetUnheard(): void {
    this.#retained.forgetUnless((topic) => this.#isHeard(topic));
  }

  /** The session is another one: what its broker has retained is not known. */
  forgetRetained(): void {
    this.#retained.clear();
  }

  #isHeard(name: string): boolean {
    return [...this.#byKey.values()].some(({ filter }) => isFor(filter, { type: "normal", name }));
  }

  #handOver(subscriber: Subscriber, filter: Topic): void {
    const known = this.#retained.matching((topic) => isFor(filter, { type: "normal", name: topic }));
    for (const { topic, payload } of known)
      subscriber.deliver({ topic: { type: "normal", name: topic }, payload, retain: true });
  }
}

function isFor(filter: Topic, topic: Topic): boolean {
  if (filter.type !== "normal" || topic.type !== "normal") return topicKey(filter) === topicKey(topic);
  if (!("name" in filter)) return topicKey(filter) === topicKey(topic);
  // The gateway's number of a topic that only a wildcard can have brought.
  return "name" in topic ? matches(filter.name, topic.name) : /[+#]/.test(filter.name);
}

function highest(wanted: Iterable<Qos>): Qos | undefined {
  let highest: Qos | undefined;
  for (const qos of wanted) if (highest === undefined || qos > highest) highest = qos;
  return highest;
}
