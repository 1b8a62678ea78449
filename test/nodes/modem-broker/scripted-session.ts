import { EventEmitter } from "node:events";
import { onTestFinished } from "vitest";
import { ModemError } from "../../../driver/errors";
import type { Services } from "../../../driver/services/model";
import type { BrokerSession, SessionEvents } from "../../../driver/services/mqtt/mqtt";
import type { ObservableModem } from "../../../nodes/common/types";
import { Broker, type BrokerParts } from "../../../nodes/modem-broker/broker";
import type { BrokerSettings } from "../../../nodes/modem-broker/settings";
import type { Received, Subscriber } from "../../../nodes/modem-broker/subscriptions";
import { normal, type Topic, topicText } from "../../../nodes/modem-broker/topic";

export const lost = new ModemError("CONNECTION_CLOSED", "The broker closed the connection");
export const refused = new ModemError("PROTOCOL_ERROR", "The broker does not accept user and password");
export const unreachable = new ModemError("CONNECT_FAILED", "Nobody answers");

const SETTINGS: BrokerSettings = {
  protocol: "mqtt",
  version: "3.1.1",
  login: { host: "broker.example", port: 1883 },
  cid: undefined,
  keepAlive: 60,
  cleanSession: true,
  birth: undefined,
  close: undefined,
  will: undefined,
  autoConnect: true,
  autoUnsubscribe: true,
  outbox: { place: "memory", limit: 1000, age: 0, rate: 0 },
};

/** What the broker is asked, in words, such as `subscribe a 1`; may answer late, or with an error. */
export type Script = (asked: string) => void | Promise<void>;

/** A broker of which the modem's side is scripted: no modem, no network. */
export class ScriptedBroker {
  readonly asked: string[] = [];
  /** ms of each login. */
  readonly logins: number[] = [];
  readonly errors: string[] = [];
  readonly warnings: string[] = [];
  readonly states: string[] = [];
  readonly modem: ObservableModem & { state: string };
  readonly broker: Broker;
  /** Of the session that stands. */
  events: SessionEvents<Topic> | undefined;
  script: Script = () => {};

  constructor(settings: Partial<BrokerSettings> = {}, parts: Partial<BrokerParts> = {}) {
    const modem = Object.assign(new EventEmitter(), { state: "ready", ready: async () => ({}) as Services });
    this.modem = modem as unknown as ScriptedBroker["modem"];
    this.broker = new Broker({
      settings: { ...SETTINGS, ...settings },
      modem: this.modem,
      called: "scripted",
      outboxPath: undefined,
      open: (_services, login, events) => this.#open(`connect ${login.clientId ?? ""}`.trim(), events),
      onError: (error) => this.errors.push(`${error.code} ${error.message}`),
      onWarning: ({ message }) => this.warnings.push(message),
      random: () => 1,
      ...parts,
    });
    this.broker.on("state", (state) => this.states.push(state));
    onTestFinished(() => this.broker.close(lost));
  }

  /** The session is over, as when the broker ends it. */
  lose(): void {
    this.events?.onClosed(lost);
  }

  deliver(topic: string, text: string): void {
    void this.events?.onMessage({ topic: normal(topic), payload: Buffer.from(text) });
  }

  /** Of what was asked, that which begins so. */
  of(word: string): string[] {
    return this.asked.filter((text) => text.startsWith(word));
  }

  async #open(words: string, events: SessionEvents<Topic>): Promise<BrokerSession<Topic>> {
    this.logins.push(Math.round(performance.now()));
    await this.#ask(words);
    this.events = events;
    return {
      publish: ({ topic, payload, qos }, { signal }) =>
        this.#ask(`publish ${topicText(topic)} ${Buffer.from(payload)} ${qos}`, signal),
      subscribe: async (filter, qos, { signal }) => {
        await this.#ask(`subscribe ${topicText(filter)} ${qos}`, signal);
        return qos;
      },
      unsubscribe: (filter, { signal }) => this.#ask(`unsubscribe ${topicText(filter)}`, signal),
      ping: ({ signal }) => this.#ask("ping", signal),
      disconnect: ({ signal }) => this.#ask("disconnect", signal),
    };
  }

  async #ask(words: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.asked.push(words);
    await this.script(words);
  }
}

/** A node that gathers what it gets. */
export class Listener implements Subscriber {
  readonly got: string[] = [];

  deliver({ topic, payload, retain }: Received): void {
    this.got.push(`${topicText(topic)} ${payload}${retain === true ? " retained" : ""}`);
  }
}
