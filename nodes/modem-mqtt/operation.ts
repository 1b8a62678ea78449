import type { Node } from "node-red";
import { ModemError } from "../../driver/errors";
import type { ModemHandle, ReadyOptions } from "../../driver/modem-types";
import type { Services } from "../../driver/services/model";
import type { Job, Operation } from "../common/controller";
import { checkFit } from "../common/known-model";
import { optionalChoice, optionalText } from "../common/message/input";
import { renderTemplate } from "../common/message/template";
import { sessionMisfits } from "../common/model-fit";
import { ArrivalOrder } from "../common/outbox/arrival-order";
import type { StatusText } from "../common/status";
import type { Message, Runtime } from "../common/types";
import type { Broker } from "../modem-broker/broker";
import { type BrokerNode, findBroker } from "../modem-broker/node";
import type { Subscription } from "../modem-broker/subscriptions";
import { topicText } from "../modem-broker/topic";
import { brokerStatus } from "./broker-status";
import { type MqttReturnType, receivedMessage } from "./delivery";
import { filterQos, type MqttRequest, mqttRequest, type Publishing } from "./request";
import { MqttSubscriber } from "./subscriber";
import { filterOf } from "./topics";
import { type ModemMqttProperties, MQTT_RETURN_TYPES } from "./types";

/** Of what is done in a session that stands: the broker's answer and the modem's own patience. */
const ANSWER_MS = 180_000;

/** A checked request; a publication may be in the outbox already. */
type Asked = MqttRequest & { readonly kept?: { readonly sent: Promise<void> } };

/** What a message may use: the services for QoS −1, which needs no session. */
type Access = Services | undefined;

export class MqttOperation implements Operation<Asked, Access> {
  readonly #RED: Runtime;
  readonly #node: Node;
  readonly #properties: ModemMqttProperties;
  #subscriber: MqttSubscriber | undefined;
  /** Messages go into the outbox in the order in which they came. */
  readonly #arrivals = new ArrivalOrder();

  constructor(RED: Runtime, node: Node, properties: ModemMqttProperties) {
    this.#RED = RED;
    this.#node = node;
    this.#properties = properties;
  }

  status(): StatusText | undefined {
    const broker = findBroker(this.#RED, this.#properties.broker)?.broker;
    return broker === undefined ? undefined : brokerStatus(broker);
  }

  /** Returns a function that stops it. @throws {ModemError} `INVALID_INPUT` if the dialog can't be used */
  start(changed: () => void): (isDeleted: boolean) => Promise<void> {
    const { broker, isMqttSn, modemId } = this.#broker();
    const protocol = isMqttSn ? "mqtt-sn" : "mqtt";
    checkFit(this.#RED, modemId, (model) => sessionMisfits({ ...this.#properties, protocol }, model));
    const ret = this.#returnType();
    const filter = this.#filter(isMqttSn);
    const subscriber = new MqttSubscriber({
      broker,
      changed,
      deliver: (message) => this.#node.send([receivedMessage(message, ret), null]),
      event: (event) => this.#node.send([null, event]),
      report: (error, about) => this.#node.error(error, about),
    });
    this.#subscriber = subscriber;
    if (filter !== undefined) subscriber.subscribeAlways(filter);
    return async (isDeleted) => subscriber.stop(isDeleted);
  }

  async prepare(message: Message): Promise<Asked> {
    const { broker, isMqttSn } = this.#broker();
    this.#returnType();
    const asking = mqttRequest(message, {
      properties: this.#properties,
      isSn: isMqttSn,
      render: (template, field) => renderTemplate(this.#RED, this.#node, { template, field, message }),
    });
    return this.#arrivals.next(asking, async (request): Promise<Asked> => {
      if (request.action !== "publish" || !isForOutbox(request, broker)) return request;
      return { ...request, kept: await broker.keep(request.message, request.expiry) };
    });
  }

  /** Never with a payload. */
  describe(request: Asked): string {
    return request.action === "publish" ? `Publishing to ${topicText(request.message.topic)}` : request.action;
  }

  isKept(request: Asked): boolean {
    return request.kept !== undefined;
  }

  output({ action }: Asked): 1 | 2 | "none" {
    if (action === "getSubscriptions" || action === "status") return 1;
    return action === "publish" || action === "subscribe" ? 2 : "none";
  }

  async acquire(modem: ModemHandle, wait: ReadyOptions, request: Asked): Promise<Access> {
    if (request.action !== "publish" || request.kept !== undefined) return undefined;
    if (request.isDatagram) return modem.ready(wait);
    const { signal = new AbortController().signal, timeout } = wait;
    if (request.mayWait) await this.#broker().broker.connected({ timeout, signal }, this.describe(request));
    return undefined;
  }

  async perform(request: Asked, { access, signal }: Job<Access>): Promise<Partial<Message>> {
    const { broker } = this.#broker();
    const wait = { timeout: ANSWER_MS, signal };
    switch (request.action) {
      case "publish":
        if (request.kept !== undefined) await request.kept.sent;
        else if (access !== undefined) await broker.datagram(access, request.message, wait);
        else await broker.publish(request.message, wait);
        return { event: "published" } as Partial<Message>;
      case "connect":
        return this.#connect(request, broker, wait);
      case "disconnect":
        await broker.disconnect();
        return {};
      case "subscribe":
        return this.#subscribed(request.subscriptions, wait);
      case "unsubscribe":
        await this.#subscriber?.unsubscribe(request.subscriptions, wait);
        return { subscriptions: this.#subscriptions() } as Partial<Message>;
      case "getSubscriptions":
        return { topic: "subscriptions", payload: this.#subscriptions() };
      case "status":
        return { payload: { state: broker.state, ...(broker.depth !== undefined && { outbox: broker.depth }) } };
      case "ping":
        await broker.ping(wait);
        return {};
      case "nothing":
        return {};
    }
  }

  /** As in the core node: what `msg.broker` says, only if there is no session yet, or by force. */
  async #connect(
    { login, force }: Extract<MqttRequest, { action: "connect" }>,
    broker: Broker,
    wait: { timeout: number; signal: AbortSignal },
  ): Promise<Partial<Message>> {
    const isUp = broker.state === "connected" || broker.state === "connecting";
    if (isUp && login !== undefined && !force) {
      const remedy = "set msg.broker.force to log in anew";
      throw new ModemError("INVALID_INPUT", `msg.broker can't be used: there is a session already; ${remedy}`);
    }
    await broker.connect(login === undefined ? undefined : { ...broker.login, ...login });
    await broker.connected(wait, "connect");
    return {};
  }

  async #subscribed(
    subscriptions: Extract<MqttRequest, { action: "subscribe" }>["subscriptions"],
    wait: { timeout: number; signal: AbortSignal },
  ): Promise<Partial<Message>> {
    for (const subscription of subscriptions) await this.#subscriber?.subscribe(subscription, wait);
    const all = this.#subscriptions();
    return { event: "subscribed", payload: all, subscriptions: all } as Partial<Message>;
  }

  #subscriptions(): { topic: string; qos: number }[] {
    return (this.#subscriber?.subscriptions ?? []).map(({ filter, qos }) => ({ topic: topicText(filter), qos }));
  }

  /** What the dialog asks for. @throws {ModemError} `INVALID_INPUT` */
  #filter(isSn: boolean): Subscription | undefined {
    const topic = optionalText(this.#properties.topic, "topic");
    if (topic === undefined) return undefined;
    return { filter: filterOf(topic, "topic", {}, isSn), qos: filterQos(this.#properties) };
  }

  #returnType(): MqttReturnType {
    return optionalChoice(this.#properties.ret, "ret", MQTT_RETURN_TYPES) ?? "auto";
  }

  /** @throws {ModemError} `INVALID_INPUT`, or why the broker can't be used */
  #broker(): BrokerNode & { broker: Broker } {
    const node = findBroker(this.#RED, this.#properties.broker);
    if (node?.broker !== undefined) return node as BrokerNode & { broker: Broker };
    const missing = "No broker is selected, or it is disabled: choose one in the node's dialog";
    throw node?.problem ?? new ModemError("INVALID_INPUT", missing);
  }
}

function isForOutbox({ message, mayWait, isDatagram }: Publishing, broker: Broker): boolean {
  return message.qos > 0 && mayWait && !isDatagram && broker.hasOutbox;
}
