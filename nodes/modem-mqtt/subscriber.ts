import type { ModemError } from "../../driver/errors";
import type { SessionWait } from "../../driver/services/mqtt/mqtt";
import type { Message } from "../common/types";
import type { Broker, BrokerEvents } from "../modem-broker/broker";
import type { Received, Subscriber, Subscription } from "../modem-broker/subscriptions";
import { topicText } from "../modem-broker/topic";

/** Of a subscription that the dialog asks for. */
const SUBSCRIBE_MS = 180_000;

export interface SubscriberParts {
  readonly broker: Broker;
  /** The status may have changed. */
  changed(): void;
  /** @throws {SyntaxError} for a payload that is no JSON */
  deliver(message: Received): void;
  event(message: Message): void;
  /** `about`: the message that Catch nodes get. */
  report(error: Error, about: Message): void;
}

/** What a node gets from its broker: messages and events. */
export class MqttSubscriber implements Subscriber {
  readonly #parts: SubscriberParts;
  #isConnected = false;
  #isStopped = false;

  constructor(parts: SubscriberParts) {
    this.#parts = parts;
    this.#isConnected = parts.broker.state === "connected";
    parts.broker.on("state", this.#onState);
    parts.broker.on("outbox", this.#onOutbox);
  }

  get subscriptions(): Subscription[] {
    return this.#parts.broker.subscriptionsOf(this);
  }

  deliver(message: Received): void {
    if (this.#isStopped) return;
    try {
      this.#parts.deliver(message);
    } catch (error) {
      // As in the core node: one that is no JSON is told, and the next one is as welcome.
      this.#parts.report(error as Error, { topic: topicText(message.topic), payload: message.payload });
    }
  }

  /** What the dialog asks for; a refusal is reported. */
  subscribeAlways(subscription: Subscription): void {
    this.#parts.broker.subscribe(this, subscription, { timeout: SUBSCRIBE_MS }).catch((error: unknown) => {
      if (!this.#isStopped) this.#parts.report(error as Error, {});
    });
  }

  /** What a message asks for. @throws {ModemError} */
  subscribe(subscription: Subscription, wait: SessionWait): Promise<void> {
    return this.#parts.broker.trySubscribe(this, subscription, wait);
  }

  /** Without `subscriptions`: all. @throws {ModemError} */
  async unsubscribe(subscriptions: readonly Subscription[] | undefined, wait: SessionWait): Promise<void> {
    for (const { filter } of subscriptions ?? this.subscriptions)
      await this.#parts.broker.unsubscribe(this, filter, wait);
  }

  stop(isDeleted: boolean): void {
    this.#isStopped = true;
    const { broker } = this.#parts;
    broker.off("state", this.#onState);
    broker.off("outbox", this.#onOutbox);
    broker.leave(this, isDeleted);
  }

  readonly #onState = (...[state, error]: BrokerEvents["state"]): void => {
    this.#parts.changed();
    const isConnected = state === "connected";
    if (isConnected === this.#isConnected) return;
    this.#isConnected = isConnected;
    this.#parts.event({ event: isConnected ? "connected" : "disconnected", payload: reason(error) });
  };

  readonly #onOutbox = (...[depth]: BrokerEvents["outbox"]): void => {
    this.#parts.changed();
    this.#parts.event({ event: "outbox", payload: depth });
  };
}

function reason(error: ModemError | undefined): object {
  return error === undefined ? {} : { reason: error.message, code: error.code };
}
