import type { BrokerMessage } from "./broker-link";
import { CODE, encode, publish, register, TOPIC, type TopicType, TYPE, twoOctets } from "./messages";
import { shortId, type TopicIds } from "./topics";

export interface DeliverySurroundings {
  readonly topics: TopicIds;
  /** Predefined topics that the client subscribed to by their number. */
  readonly predefined: ReadonlyMap<string, number>;
  /** ms until what was not answered goes out again, and how often it does. */
  readonly retryAfter: number;
  readonly retries: number;
  send(bytes: Buffer): void;
}

interface Answer {
  readonly code: number;
}

const HIGHEST_ID = 0xffff;

/** Brings messages to one client, one after the other (MQTT-SN 6.10). */
export class Deliveries {
  readonly #around: DeliverySurroundings;
  readonly #waiting = new Map<string, { settle(answer: Answer): void; fail(): void }>();
  #tail: Promise<void> = Promise.resolve();
  #lastId = 0;
  #over = false;

  constructor(around: DeliverySurroundings) {
    this.#around = around;
  }

  /** Resolves once the client has it. @throws {Error} it does not answer, or is gone */
  deliver(message: BrokerMessage): Promise<void> {
    const delivered = this.#tail.then(() => this.#bring(message));
    this.#tail = delivered.catch(() => undefined);
    return delivered;
  }

  /** @param kind that of the client's answer, such as `regack` */
  answered(kind: string, messageId: number, code = 0): void {
    this.#waiting.get(`${kind} ${messageId}`)?.settle({ code });
  }

  stop(): void {
    this.#over = true;
    for (const { fail } of this.#waiting.values()) fail();
  }

  async #bring(message: BrokerMessage): Promise<void> {
    const first = await this.#send(message);
    if (first !== CODE.invalidTopicId) return;
    // The client has forgotten the number.
    await this.#register(message.topic);
    await this.#send(message);
  }

  /** Returns the client's code. */
  async #send(message: BrokerMessage): Promise<number> {
    const { qos, retain, payload } = message;
    const [topicType, topicId] = await this.#topicOf(message.topic);
    const packet = { qos, retain, payload, topicType, topicId };
    if (qos === 0) {
      this.#around.send(publish({ ...packet, duplicate: false, messageId: 0 }));
      return CODE.accepted;
    }
    const messageId = this.#freeId();
    const bytes = (duplicate: boolean) => publish({ ...packet, duplicate, messageId });
    const { code } = await this.#ask(qos === 1 ? ["puback"] : ["pubrec", "puback"], messageId, bytes);
    if (qos === 2 && code === CODE.accepted) {
      await this.#ask(["pubcomp"], messageId, () => encode(TYPE.pubrel, twoOctets(messageId)));
    }
    return code;
  }

  async #topicOf(name: string): Promise<readonly [type: TopicType, id: number]> {
    const predefined = this.#around.predefined.get(name);
    if (predefined !== undefined) return [TOPIC.predefined, predefined];
    const known = this.#around.topics.id(name);
    if (known !== undefined) return [TOPIC.normal, known];
    const short = shortId(name);
    if (short !== undefined) return [TOPIC.short, short];
    return [TOPIC.normal, await this.#register(name)];
  }

  async #register(name: string): Promise<number> {
    const id = this.#around.topics.idFor(name);
    const messageId = this.#freeId();
    const { code } = await this.#ask(["regack"], messageId, () => register(id, messageId, name));
    if (code !== CODE.accepted) throw new Error(`the client refuses the topic ${name}`);
    return id;
  }

  #freeId(): number {
    this.#lastId = (this.#lastId % HIGHEST_ID) + 1;
    return this.#lastId;
  }

  /** @throws {Error} no answer after all repetitions */
  #ask(kinds: readonly string[], id: number, bytes: (again: boolean) => Buffer): Promise<Answer> {
    const { retryAfter, retries, send } = this.#around;
    return new Promise((resolve, reject) => {
      let left = retries;
      const end = (finish: () => void) => {
        clearInterval(timer);
        for (const kind of kinds) this.#waiting.delete(`${kind} ${id}`);
        finish();
      };
      const fail = () => end(() => reject(new Error(`no ${kinds[0]} from the client`)));
      const again = () => {
        if (left === 0) return fail();
        left -= 1;
        send(bytes(true));
      };
      const timer = setInterval(again, retryAfter);
      timer.unref();
      for (const kind of kinds) {
        this.#waiting.set(`${kind} ${id}`, { settle: (answer) => end(() => resolve(answer)), fail });
      }
      if (this.#over) fail();
      else send(bytes(false));
    });
  }
}
