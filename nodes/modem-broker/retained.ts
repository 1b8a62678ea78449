/** Topics and bytes that are remembered at most; the oldest go first. */
const MOST_TOPICS = 1000;
const MOST_BYTES = 1_048_576;
/** ms after its acknowledgement in which a broker sends what it has retained; later a message is a new one. */
const WINDOW_MS = 5000;

/** A subscription that was just made: of each topic the broker may send what it has retained, once. */
interface Window {
  readonly isMatch: (topic: string) => boolean;
  /** Topics that have had their message. */
  readonly seen: Set<string>;
  end: number;
}

/** A message that the broker is known to have retained. */
export interface Retained {
  readonly topic: string;
  readonly payload: Buffer;
}

/**
 * The last retained message of each topic. No modem tells whether a message was retained: it is taken for one when it is
 * the first of its topic after a new subscription, or when this session published it so. From then on the topic's last
 * message counts.
 */
export class RetainedMessages {
  readonly #byTopic = new Map<string, Buffer>();
  #windows: Window[] = [];
  #bytes = 0;

  /**
   * A filter is being subscribed to: the broker sends what it has retained, again or for the first time.
   *
   * @returns a function to call when the subscription is acknowledged, or has failed
   */
  subscribing(isMatch: (topic: string) => boolean): () => void {
    const window: Window = { isMatch, seen: new Set(), end: Number.POSITIVE_INFINITY };
    this.#windows.push(window);
    return () => {
      window.end = performance.now() + WINDOW_MS;
    };
  }

  /**
   * Notes a message that has arrived.
   *
   * @returns true where it is known already: the broker has sent it again after the subscription was made anew
   */
  received(topic: string, payload: Buffer): boolean {
    const isRetained = this.#isExpected(topic);
    const known = this.#byTopic.get(topic);
    if (isRetained && known?.equals(payload) === true) return true;
    if (isRetained || known !== undefined) this.#keep(topic, payload);
    return false;
  }

  /** The broker has acknowledged it. An empty one clears the topic (MQTT 3.1.1, 3.3.1.3). */
  published(topic: string, payload: Buffer): void {
    this.#keep(topic, payload);
  }

  /** For who joins a filter that is subscribed to already. */
  matching(isMatch: (topic: string) => boolean): Retained[] {
    return [...this.#byTopic].filter(([topic]) => isMatch(topic)).map(([topic, payload]) => ({ topic, payload }));
  }

  forgetUnless(isHeard: (topic: string) => boolean): void {
    for (const topic of this.#byTopic.keys()) if (!isHeard(topic)) this.#forget(topic);
  }

  /** Another broker, or another client there, has others. */
  clear(): void {
    this.#byTopic.clear();
    this.#windows = [];
    this.#bytes = 0;
  }

  #isExpected(topic: string): boolean {
    const now = performance.now();
    this.#windows = this.#windows.filter(({ end }) => end > now);
    const window = this.#windows.find(({ isMatch, seen }) => !seen.has(topic) && isMatch(topic));
    if (window !== undefined && window.seen.size < MOST_TOPICS) window.seen.add(topic);
    return window !== undefined;
  }

  #keep(topic: string, payload: Buffer): void {
    this.#forget(topic);
    if (payload.length === 0) return;
    this.#byTopic.set(topic, payload);
    this.#bytes += payload.length;
    for (const [oldest] of this.#byTopic) {
      if (this.#byTopic.size <= MOST_TOPICS && this.#bytes <= MOST_BYTES) return;
      this.#forget(oldest);
    }
  }

  #forget(topic: string): void {
    this.#bytes -= this.#byTopic.get(topic)?.length ?? 0;
    this.#byTopic.delete(topic);
  }
}
