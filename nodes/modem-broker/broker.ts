import { EventEmitter } from "node:events";
import { asModemError, type ErrorCode, inSeconds, isModemError, ModemError } from "../../driver/errors";
import type { Services } from "../../driver/services/model";
import type { BrokerSession, Qos, SessionEvents, SessionWait } from "../../driver/services/mqtt/mqtt";
import type { ObservableModem } from "../common/types";
import { bounded, withinLimit } from "../common/within-limit";
import { BrokerOutbox, type BrokerOutboxDepth } from "./broker-outbox";
import { Link, type LinkState } from "./link";
import { notConnected } from "./not-connected";
import type { Outgoing } from "./outgoing";
import type { BrokerSettings, Login } from "./settings";
import { type Received, type Subscriber, type Subscription, Subscriptions } from "./subscriptions";
import { normal, type Topic, topicKey, topicText } from "./topic";

/** A publication, its acknowledgement and the modem's own patience included. */
const PUBLISH_MS = 180_000;
const SUBSCRIBE_MS = 180_000;
/** The close message and the goodbye together. */
const LEAVE_MS = 2000;
/** A node that is deployed again wants its filter back. */
const UNSUBSCRIBE_DELAY_MS = 1000;

export interface BrokerParts {
  readonly settings: BrokerSettings;
  readonly modem: ObservableModem;
  /** As sentences call it. */
  readonly called: string;
  readonly outboxPath: string | undefined;
  open(
    services: Services,
    login: Login,
    events: SessionEvents<Topic>,
    limit: { readonly timeout: number; readonly signal: AbortSignal },
  ): Promise<BrokerSession<Topic>>;
  onError(error: ModemError): void;
  onWarning(error: Error): void;
  readonly random?: () => number;
}

export interface BrokerEvents {
  state: [state: LinkState, error?: ModemError];
  outbox: [depth: BrokerOutboxDepth];
}

/** A session with a broker, shared by all its nodes. */
export class Broker extends EventEmitter<BrokerEvents> {
  readonly #parts: BrokerParts;
  readonly #link: Link;
  readonly #subscriptions = new Subscriptions();
  readonly #outbox: BrokerOutbox | undefined;
  readonly #unsubscribing = new Set<NodeJS.Timeout>();
  /** What the session that stands has been asked for, by its key, and at which QoS. */
  #asked = new Map<string, Qos>();
  /** What a session that outlives its connection may hold still though nobody wants it any more. */
  readonly #unwanted = new Map<string, Topic>();
  #login: Login;
  /** Counts what messages have said of the session. */
  #turn = 0;
  /** The session is being ended for another login. */
  #isChanging = false;

  constructor(parts: BrokerParts) {
    super();
    // A listener for each node.
    this.setMaxListeners(0);
    this.#parts = parts;
    const { settings, modem, onError, onWarning, random = Math.random } = parts;
    this.#login = settings.login;
    this.#link = new Link({
      modem,
      random,
      onError,
      open: (services, events, limit) => parts.open(services, this.#login, events, limit),
      prepare: (session, signal) => this.#prepare(session, signal),
      leave: (session) => this.#leave(session),
      onMessage: (message) => this.#subscriptions.deliver(message as Received),
      onDamaged: onError,
      onState: (state, error) => this.#onState(state, error),
    });
    if (settings.outbox.place === "off") return;
    this.#outbox = new BrokerOutbox({
      settings: settings.outbox,
      path: parts.outboxPath,
      connected: async (signal) => void (await this.#link.connected(signal)),
      publish: (message, signal) => this.#publish(message, { timeout: PUBLISH_MS, signal }),
      onDepth: (depth) => this.emit("outbox", depth),
      onWarning,
    });
  }

  get state(): LinkState {
    return this.#link.state;
  }

  get lastError(): ModemError | undefined {
    return this.#link.lastError;
  }

  get login(): Login {
    return this.#login;
  }

  get hasOutbox(): boolean {
    return this.#outbox !== undefined;
  }

  /** undefined without an outbox. */
  get depth(): BrokerOutboxDepth | undefined {
    return this.#outbox?.depth;
  }

  /** @param login in place of the one before; the session there is ended first */
  async connect(login?: Login): Promise<void> {
    if (login === undefined) {
      if (!this.#isChanging) this.#link.start();
      return;
    }
    const before = this.#login;
    if (login.host !== before.host || login.port !== before.port) this.#subscriptions.forgetRetained();
    this.#login = login;
    if (await this.#stopped(true)) this.#link.start(!isSame(login, before));
  }

  /** Stays so until `connect`. */
  async disconnect(): Promise<void> {
    await this.#stopped(false);
  }

  /**
   * Resolves when the session is ended, with whether nobody else has ended it meanwhile: the last word counts.
   *
   * @param isChanging another one begins then
   */
  async #stopped(isChanging: boolean): Promise<boolean> {
    this.#turn += 1;
    const turn = this.#turn;
    this.#isChanging = isChanging;
    await this.#link.stop();
    if (turn !== this.#turn) return false;
    this.#isChanging = false;
    return true;
  }

  /** Resolves when a session stands. @throws {ModemError} why there is none when `timeout` is over */
  async connected({ timeout, signal }: Required<SessionWait>, operation: string): Promise<void> {
    if (this.#link.session !== undefined) return;
    if (this.#link.state === "failed") throw this.#notConnected(`${operation}:`);
    const waiting = { operation, limit: timeout, signal };
    await bounded(waiting, (limit) => this.#link.connected(limit)).catch((error: unknown) => {
      if (signal.aborted) throw error;
      throw this.#notConnected(`${operation}: waited ${inSeconds(timeout)}, but`);
    });
  }

  /** Publishes in the session that stands now. @throws {ModemError} */
  async publish(message: Outgoing, wait: Required<SessionWait>): Promise<void> {
    if (this.#link.session === undefined) throw this.#notConnected(`Publishing to ${topicText(message.topic)}:`);
    await this.#publish(message, wait);
  }

  /** QoS −1: to the gateway, which needs to know of no session and acknowledges nothing. @throws {ModemError} */
  async datagram(services: Services, { topic, payload, retain }: Outgoing, wait: SessionWait): Promise<void> {
    if (topic.type === "normal") throw new ModemError("INVALID_INPUT", "QoS -1 needs a predefined or a short topic");
    const { host, port } = this.#login;
    const { cid } = this.#parts.settings;
    await services.mqttSn.send({ host, port, topic, payload, retain, ...wait, ...(cid !== undefined && { cid }) });
  }

  /** @throws {ModemError} */
  keep(message: Outgoing, expiry: number | undefined): Promise<{ readonly sent: Promise<void> }> {
    const outbox = this.#outbox;
    if (outbox === undefined) throw new Error("this broker has no outbox");
    return outbox.keep(message, expiry);
  }

  /**
   * Adds a filter of a node's; it is asked of the broker now if there is a session, and of every later one.
   *
   * @throws {ModemError} `PROTOCOL_ERROR` where the broker refuses it
   */
  async subscribe(subscriber: Subscriber, subscription: Subscription, wait: SessionWait): Promise<void> {
    this.#unwanted.delete(topicKey(subscription.filter));
    const qos = this.#subscriptions.add(subscriber, subscription);
    const { session } = this.#link;
    if (qos === undefined || session === undefined) return;
    await this.#subscribe(session, { ...subscription, qos }, wait);
  }

  /** As `subscribe`, but what is refused is not asked for again: who has asked is told. @throws {ModemError} */
  async trySubscribe(subscriber: Subscriber, subscription: Subscription, wait: SessionWait): Promise<void> {
    const key = topicKey(subscription.filter);
    const before = this.subscriptionsOf(subscriber).find(({ filter }) => topicKey(filter) === key);
    try {
      await this.subscribe(subscriber, subscription, wait);
    } catch (error) {
      if (isRefusal(error)) {
        if (before === undefined) this.#subscriptions.remove(subscriber, subscription.filter);
        else this.#subscriptions.add(subscriber, before);
      }
      throw error;
    }
  }

  /** Takes a filter of a node's back; the broker is told when nobody wants it any more. */
  async unsubscribe(subscriber: Subscriber, filter: Topic, wait: SessionWait): Promise<void> {
    if (this.#subscriptions.remove(subscriber, filter)) await this.#unsubscribe(filter, wait);
  }

  subscriptionsOf(subscriber: Subscriber): Subscription[] {
    return this.#subscriptions.of(subscriber);
  }

  /**
   * A node is gone: deleted, or deployed again, which then subscribes anew.
   *
   * @param isDeleted a session that outlives its connection keeps what it is subscribed to unless it is deleted
   */
  leave(subscriber: Subscriber, isDeleted: boolean): void {
    const { cleanSession, autoUnsubscribe } = this.#parts.settings;
    for (const { filter } of this.#subscriptions.of(subscriber)) {
      const isLast = this.#subscriptions.remove(subscriber, filter);
      if (!isLast || !(cleanSession || isDeleted) || !autoUnsubscribe) continue;
      if (!cleanSession) this.#unwanted.set(topicKey(filter), filter);
      const timer = setTimeout(() => {
        this.#unsubscribing.delete(timer);
        if (this.#subscriptions.isWanted(filter)) return;
        this.#unsubscribe(filter, { timeout: SUBSCRIBE_MS }).catch(this.#parts.onWarning);
      }, UNSUBSCRIBE_DELAY_MS);
      this.#unsubscribing.add(timer.unref());
    }
  }

  async ping(wait: SessionWait): Promise<void> {
    const { session } = this.#link;
    if (session === undefined) throw this.#notConnected("ping:");
    await session.ping(wait);
  }

  async close(error: ModemError): Promise<void> {
    // A deploy closes this one first, and then the nodes that were deleted with it.
    await new Promise((resolve) => setImmediate(resolve));
    for (const timer of this.#unsubscribing) clearTimeout(timer);
    await this.#outbox?.close(error);
    await this.#link.end(error);
  }

  async #publish(message: Outgoing, wait: Required<SessionWait>): Promise<void> {
    const session = await this.#link.connected(wait.signal);
    await session.publish(message, wait);
    const { topic, payload, retain } = message;
    if (retain && topic.type === "normal" && "name" in topic) this.#subscriptions.retained(topic.name, payload);
  }

  #onState(state: LinkState, error?: ModemError): void {
    this.emit("state", state, error);
    const { session } = this.#link;
    // What nodes have asked for since the session was prepared.
    if (session !== undefined) this.#subscribeAll(session, { timeout: SUBSCRIBE_MS }).catch(this.#parts.onWarning);
  }

  async #prepare(session: BrokerSession<Topic>, signal: AbortSignal): Promise<void> {
    this.#asked = new Map();
    await this.#dropUnwanted(session, { timeout: SUBSCRIBE_MS, signal });
    await this.#subscribeAll(session, { timeout: SUBSCRIBE_MS, signal });
    const { birth } = this.#parts.settings;
    if (birth === undefined) return;
    await session.publish({ ...birth, topic: normal(birth.topic) }, { timeout: PUBLISH_MS, signal });
  }

  async #subscribeAll(session: BrokerSession<Topic>, wait: SessionWait): Promise<void> {
    for (const subscription of this.#subscriptions.all()) {
      if ((this.#asked.get(topicKey(subscription.filter)) ?? -1) >= subscription.qos) continue;
      // One that the broker refuses is no reason to do without the others.
      await this.#subscribe(session, subscription, wait).catch((error: unknown) => {
        wait.signal?.throwIfAborted();
        if (!isRefusal(error)) throw error;
        this.#parts.onError(asModemError(error, "PROTOCOL_ERROR"));
      });
    }
  }

  async #dropUnwanted(session: BrokerSession<Topic>, wait: SessionWait): Promise<void> {
    for (const [key, filter] of this.#unwanted) {
      await session.unsubscribe(filter, wait).catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
      });
      this.#unwanted.delete(key);
    }
  }

  async #subscribe(session: BrokerSession<Topic>, { filter, qos }: Subscription, wait: SessionWait): Promise<void> {
    const asked = this.#asked;
    asked.set(topicKey(filter), qos);
    const answered = this.#subscriptions.subscribing(filter);
    try {
      await session.subscribe(filter, qos, wait);
    } catch (error) {
      // What was refused is refused for this session.
      if (!isRefusal(error)) asked.delete(topicKey(filter));
      throw error;
    } finally {
      answered();
    }
  }

  async #unsubscribe(filter: Topic, wait: SessionWait): Promise<void> {
    const key = topicKey(filter);
    this.#asked.delete(key);
    this.#subscriptions.forgetUnheard();
    if (!this.#parts.settings.cleanSession) this.#unwanted.set(key, filter);
    const { session } = this.#link;
    if (session === undefined) return;
    await session.unsubscribe(filter, wait);
    this.#unwanted.delete(key);
  }

  /** Never fails. */
  async #leave(session: BrokerSession<Topic>): Promise<void> {
    const { close } = this.#parts.settings;
    const since = performance.now();
    const left = (): number => Math.max(1, Math.ceil(LEAVE_MS - (performance.now() - since)));
    // Only a deploy leaves any: what a node that was deleted with its broker had subscribed to.
    await withinLimit(this.#dropUnwanted(session, { timeout: left() }), left());
    if (close !== undefined) {
      const signal = AbortSignal.timeout(left());
      const goodbye = session.publish({ ...close, topic: normal(close.topic) }, { timeout: left(), signal });
      await withinLimit(goodbye, left());
    }
    await withinLimit(session.disconnect({ timeout: left() }), left());
  }

  #notConnected(prefix: string): ModemError {
    return notConnected(prefix, this.#parts.called, this.#link);
  }
}

function isRefusal(error: unknown): boolean {
  return isModemError(error) && REFUSALS.includes(error.code);
}

function isSame(one: Login, other: Login): boolean {
  return LOGIN_KEYS.every((key) => one[key] === other[key]);
}

const REFUSALS: readonly ErrorCode[] = ["PROTOCOL_ERROR", "MODEM_REJECTED", "INVALID_INPUT", "NOT_SUPPORTED"];
const LOGIN_KEYS = ["host", "port", "clientId", "user", "password"] as const;
