import { type AnswerField, toInteger } from "../../at/fields";
import { isModemError, ModemError } from "../../errors";
import { checkQos, named } from "../../services/mqtt/checks";
import type { Publication, Qos, SessionWait, Will } from "../../services/mqtt/mqtt";
import type { MqttSnSession, SnTopic } from "../../services/mqtt-sn/mqtt-sn";
import type { ErrorMeaning } from "../error-tables";
import { isQos } from "../mqtt/read";
import type { BrokerClient } from "../mqtt-client/client";
import { planWill } from "../mqtt-client/plan";
import type { SessionLife } from "../mqtt-client/session-life";
import type { UbloxTraits } from "../traits";
import { planSnPublication, type SnPublicationPlan, type SnPublisher } from "./publish";
import { idField, isTopicId, planTopic, TOPIC_TYPE, type TopicIds, type TopicPlan } from "./topics";

/** Operations of +UMQTTSNC (guide 7.2 to 7.6; 7 and 8 are of AT facts 5.3). */
const REGISTER = 2;
const SUBSCRIBE = 5;
const UNSUBSCRIBE = 6;
const WILL_TOPIC = 7;
const WILL_MESSAGE = 8;

const REFUSAL: ErrorMeaning = { code: "PROTOCOL_ERROR", text: "the gateway refused it" };
/** It may have been sent all the same; or the gateway does not know the topic's id. */
const UNACKNOWLEDGED: ErrorMeaning = { code: "PROTOCOL_ERROR", text: "the gateway did not take it" };

export interface SnSessionParts {
  readonly life: SessionLife<SnTopic>;
  readonly ids: TopicIds;
  readonly publisher: SnPublisher;
  readonly model: UbloxTraits;
}

export class UbloxMqttSnSession implements MqttSnSession {
  readonly #life: SessionLife<SnTopic>;
  readonly #ids: TopicIds;
  readonly #publisher: SnPublisher;
  readonly #model: UbloxTraits;

  constructor({ life, ids, publisher, model }: SnSessionParts) {
    this.#life = life;
    this.#ids = ids;
    this.#publisher = publisher;
    this.#model = model;
  }

  async publish(message: Publication<SnTopic>, wait: SessionWait): Promise<void> {
    const plan = planSnPublication(message, checkQos(message.qos), this.#model);
    await this.#life.operate(plan.operation, wait, (client) => this.#publish(client, plan));
  }

  async subscribe(filter: SnTopic, qos: Qos, wait: SessionWait): Promise<Qos | undefined> {
    const topic = planTopic(filter, "subscribe", this.#model);
    const most = checkQos(qos);
    const operation = named("Subscribing to", topic.name);
    return this.#life.operate(operation, wait, async (client) => {
      const command = client.command(SUBSCRIBE, [most, TOPIC_TYPE[topic.type], topic.field]);
      const rest = await this.#life.attempt({ command, operation, ops: [SUBSCRIBE], otherwise: REFUSAL });
      return this.#subscribed(topic, operation, rest);
    });
  }

  async unsubscribe(filter: SnTopic, wait: SessionWait): Promise<void> {
    const topic = planTopic(filter, "subscribe", this.#model);
    const operation = named("Unsubscribing from", topic.name);
    await this.#life.operate(operation, wait, (client) => {
      // The guide unsubscribes by the id; a wildcard has none.
      const id = topic.type === "normal" ? this.#ids.id(topic.name) : undefined;
      const field = id === undefined ? topic.field : idField(id);
      const command = client.command(UNSUBSCRIBE, [TOPIC_TYPE[topic.type], field]);
      return this.#life.attempt({ command, operation, ops: [UNSUBSCRIBE], otherwise: REFUSAL });
    });
  }

  async updateWill(will: Will, wait: SessionWait): Promise<void> {
    const { topic, message, qos, retain } = planWill(will, this.#model);
    const operation = "Changing the will";
    await this.#life.operate(operation, wait, async (client) => {
      const topicOf = client.command(WILL_TOPIC, [qos, retain, topic]);
      await this.#life.attempt({ command: topicOf, operation, ops: [WILL_TOPIC], otherwise: REFUSAL });
      const command = client.command(WILL_MESSAGE, [message]);
      await this.#life.attempt({ command, operation, ops: [WILL_MESSAGE], otherwise: REFUSAL });
    });
  }

  ping(wait: SessionWait): Promise<void> {
    return this.#life.ping(wait);
  }

  disconnect(wait: SessionWait): Promise<void> {
    return this.#life.disconnect(wait);
  }

  /** A gateway that was restarted knows no id any more: then the topic is registered anew, once. */
  async #publish(client: BrokerClient, plan: SnPublicationPlan): Promise<void> {
    const { topic } = plan;
    const isKnown = topic.type === "normal" && this.#ids.id(topic.name) !== undefined;
    try {
      await this.#publishOnce(client, plan);
    } catch (error) {
      if (!isKnown || !isModemError(error, "PROTOCOL_ERROR")) throw asUnacknowledged(error);
      this.#ids.forget(topic.name);
      await this.#publishOnce(client, plan).catch((failure: unknown) => {
        throw asUnacknowledged(failure);
      });
    }
  }

  async #publishOnce(client: BrokerClient, plan: SnPublicationPlan): Promise<void> {
    const { topic, operation } = plan;
    const field = topic.type === "normal" ? idField(await this.#register(client, topic)) : topic.field;
    await this.#publisher.publish(plan, field, ({ command, ops }) =>
      this.#life.attempt({ command, operation, ops, otherwise: UNACKNOWLEDGED }),
    );
  }

  /** The topic's id: that of a topic that was registered or subscribed in this session is known. */
  async #register(client: BrokerClient, { name, field }: TopicPlan): Promise<number> {
    const known = this.#ids.id(name);
    if (known !== undefined) return known;
    const operation = named("Registering", name);
    const command = client.command(REGISTER, [field]);
    const [answer] = await this.#life.attempt({ command, operation, ops: [REGISTER], otherwise: REFUSAL });
    const id = toInteger(answer);
    if (!isTopicId(id)) throw unreadable(operation);
    this.#ids.keep(name, id);
    return id;
  }

  /** `<granted>,<id>`, but for a short topic, whose fields are not to be trusted (AT facts 5.3). */
  #subscribed({ type, name, isWildcard }: TopicPlan, operation: string, rest: readonly AnswerField[]): Qos | undefined {
    const [granted = Number.NaN, id = Number.NaN] = rest.map(toInteger);
    if (type === "short") return undefined;
    if (type === "normal" && !isWildcard) {
      if (!isTopicId(id)) throw unreadable(operation);
      this.#ids.keep(name, id);
    }
    return isQos(granted) ? granted : undefined;
  }
}

function unreadable(operation: string): ModemError {
  return new ModemError("MODEM_TIMEOUT", `${operation}: the topic's id can't be read`);
}

/** What the gateway did not take may have been lost on the way back. */
function asUnacknowledged(error: unknown): unknown {
  if (!isModemError(error, "PROTOCOL_ERROR")) return error;
  return new ModemError("MODEM_TIMEOUT", error.message, error.cause);
}
