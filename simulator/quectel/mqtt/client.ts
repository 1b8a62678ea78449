import type { MqttConnection } from "../../internet/mqtt/connection";
import { type Login, MqttError, type MqttEvents, type Wait } from "../../internet/mqtt/types";
import type { Modem } from "../../modem";
import { contexts } from "../packet-data/contexts";
import { notNow, OPENED, openResult, STATUS } from "./errors";
import { mqttFaults } from "./faults";
import { Inbox } from "./inbox";
import { type Broker, openConnection } from "./opening";
import { Pings } from "./pings";
import { type MqttSettings, mqttSettings } from "./settings";

/** <state> of +QMTCONN? */
export enum State {
  Initial = 1,
  Connecting = 2,
  Connected = 3,
  Disconnecting = 4,
}

/** Packets in a row without an answer after which the client gives up (+QMTSTAT 6). */
const MOST_FAILURES = 3;

/** A packet that waits for the broker's answer, and the command that its result names. */
export interface Exchange {
  readonly command: "+QMTSUB" | "+QMTUNS" | "+QMTPUB";
  readonly messageId: number;
  /** Resolves with the values behind the result. */
  run(connection: MqttConnection, wait: Wait): Promise<readonly number[]>;
}

/** A client that is open, from +QMTOPEN until it is closed or its connection is gone. */
export class MqttClient {
  readonly #modem: Modem;
  readonly #gone: () => void;
  readonly #leaving = new AbortController();
  readonly #powerCycle: AbortSignal;
  /** The host is closing it: what waits for the broker gets no result any more. */
  #ending = false;
  readonly inbox: Inbox;
  /** Undefined while it opens. */
  state: State | undefined;
  #connection: MqttConnection | undefined;
  #pings: Pings | undefined;
  /** By the message id of what waits for its answer. */
  readonly #inFlight = new Map<number, Exchange>();
  #failures = 0;

  constructor(
    modem: Modem,
    readonly id: number,
    readonly broker: Broker,
    gone: () => void,
  ) {
    this.#modem = modem;
    this.#gone = gone;
    this.#powerCycle = modem.powerCycle;
    this.inbox = new Inbox(modem, id);
  }

  /** Opens the connection and prints the result, unless the host has closed the client in the meantime. */
  async open(): Promise<void> {
    const result = await this.#open();
    if (this.#over) return;
    if (result !== OPENED.ok) this.#leave();
    this.#modem.urc(`+QMTOPEN: ${this.id},${result}`);
  }

  async #open(): Promise<number> {
    const [cid = 1] = this.#settings.numbers("pdpcid");
    const context = contexts(this.#modem).signal(cid);
    try {
      this.#connection = await openConnection(
        this.#modem,
        this.#settings,
        this.broker,
        this.#events(),
        this.#leaving.signal,
      );
    } catch (error) {
      const result = openResult(error);
      return context?.aborted === true ? OPENED.disconnected : result;
    }
    this.state = State.Initial;
    const lose = () => this.lose(STATUS.linkNotAlive);
    context?.addEventListener("abort", lose, { once: true, signal: this.#leaving.signal });
    return OPENED.ok;
  }

  /** @throws {CommandError} in any other state */
  need(state: State): MqttConnection {
    if (this.#connection === undefined || this.state !== state) throw notNow(`the state is ${this.state}`);
    return this.#connection;
  }

  /** @throws {CommandError} another packet waits under that number */
  needFree(messageId: number): void {
    if (this.#inFlight.has(messageId)) throw notNow("the message id is in use");
  }

  /** Publishes that the broker has not acknowledged. */
  get unacknowledged(): number {
    return [...this.#inFlight.values()].filter(({ command }) => command === "+QMTPUB").length;
  }

  /** ms for the answer to one packet */
  get packetTimeout(): number {
    const [seconds = 0] = this.#settings.numbers("timeout");
    return seconds * 1000;
  }

  async login(login: Login): Promise<void> {
    const connection = this.need(State.Initial);
    this.state = State.Connecting;
    try {
      const refusal = mqttFaults(this.#modem).refusedLogin.take()?.what;
      const code = refusal ?? (await connection.login(login, { timeout: this.packetTimeout })).code;
      if (this.#over) return;
      this.#modem.urc(`+QMTCONN: ${this.id},0,${code}`);
      if (code === 0) this.#start(connection, login.keepAlive);
      else this.lose(STATUS.connackFailed);
    } catch (error) {
      if (!(error instanceof MqttError)) throw error;
      if (this.#over && error.failure === "aborted") return;
      this.#modem.urc(`+QMTCONN: ${this.id},2`);
      this.lose(error.failure === "timeout" ? STATUS.connackFailed : STATUS.connectFailed);
    }
  }

  #start(connection: MqttConnection, keepAlive: number): void {
    this.state = State.Connected;
    if (keepAlive > 0) {
      this.#pings = new Pings(this.#modem, connection, keepAlive, () => this.lose(STATUS.pingFailed));
    }
  }

  /** A session that ends meanwhile has no result but +QMTSTAT. */
  async exchange(exchange: Exchange): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined || this.#over) return;
    const { command, messageId } = exchange;
    const [, retries = 0, notice] = this.#settings.numbers("timeout");
    const tell = (...values: number[]) => this.#modem.urc(`${command}: ${[this.id, messageId, ...values].join()}`);
    const retried = (count: number) => {
      if (notice === 1) tell(1, count);
    };
    if (messageId > 0) this.#inFlight.set(messageId, exchange);
    try {
      const values = await exchange.run(connection, { timeout: this.packetTimeout, retries, retried });
      this.#failures = 0;
      if (this.#over) return;
      const lost = command === "+QMTPUB" && mqttFaults(this.#modem).lostResult.take() !== undefined;
      if (!lost) tell(0, ...values);
    } catch (error) {
      if (!(error instanceof MqttError)) throw error;
      if (this.#over) return;
      tell(2);
      this.#failures += 1;
      if (this.#failures >= MOST_FAILURES) this.lose(STATUS.sendingFailed);
    } finally {
      this.#inFlight.delete(messageId);
    }
  }

  /** Says goodbye; the connection is closed with it. */
  async disconnect(): Promise<void> {
    const connection = this.need(State.Connected);
    this.state = State.Disconnecting;
    await this.#end("+QMTDISC", () => connection.disconnect());
    if (this.#powerCycle.aborted || !mqttFaults(this.#modem).tellsDisconnect) return;
    this.#modem.urc(`+QMTSTAT: ${this.id},${STATUS.disconnected}`);
  }

  /** Closes the connection without a word to the broker. */
  async close(): Promise<void> {
    await this.#end("+QMTCLOSE", async () => this.#connection?.close());
  }

  async #end(command: string, work: () => Promise<void>): Promise<void> {
    this.#ending = true;
    this.#pings?.stop();
    await work();
    if (this.#powerCycle.aborted) return;
    this.#leave();
    this.#modem.urc(`${command}: ${this.id},0`);
  }

  /** The connection is gone: the host is told, and has to open the client again. */
  lose(code: number): void {
    if (this.#over) return;
    this.#connection?.abort();
    this.#leave();
    // The result of a command that is just printed comes first.
    this.#modem.later(0, () => this.#modem.urc(`+QMTSTAT: ${this.id},${code}`));
  }

  get #over(): boolean {
    return this.#ending || this.#leaving.signal.aborted || this.#powerCycle.aborted;
  }

  get #settings(): MqttSettings {
    return mqttSettings(this.#modem, this.id);
  }

  #events(): MqttEvents {
    return {
      message: (message) => this.inbox.add(message),
      ended: () => this.lose(STATUS.closedByPeer),
      losesAcknowledgement: () => mqttFaults(this.#modem).lostAcknowledgement.take() !== undefined,
    };
  }

  #leave(): void {
    this.#pings?.stop();
    this.#leaving.abort();
    this.#gone();
  }
}
