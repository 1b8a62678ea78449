import { setMaxListeners } from "node:events";
import { toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { isModemError, ModemError } from "../../errors";
import { checkQos } from "../../services/mqtt/checks";
import type { BrokerSession, Publication, Qos, SessionEvents, SessionWait } from "../../services/mqtt/mqtt";
import { planFilter, planPublication } from "../../services/mqtt/plan";
import { handOver, tellEnd } from "../../services/sockets/owner";
import { acquireBefore, Deadline } from "../../services/waiting/deadline";
import { Pool } from "../../services/waiting/pool";
import { translated } from "../errors";
import { FAILED, type MqttClient, type Order, type OrderResult } from "./client";
import { LOGGED_OUT, unreadable, whyLeft } from "./errors";
import { Inbox } from "./inbox";
import { publish } from "./publish";
import { parseReceived } from "./received";
import type { MqttFirmware } from "./settings";

const LAST_ID = 65_535;
/** Return code of a subscription that the broker refuses (MQTT 3.1.1, 3.9.3). */
const REFUSED = 128;

export interface SessionParts {
  readonly client: MqttClient;
  readonly firmware: MqttFirmware;
  /** For messages. */
  readonly operation: string;
  readonly cid: number;
  readonly events: SessionEvents;
  /** Asks whether the client is logged in, when none is logging in. */
  isConnected(): Promise<boolean>;
  /** Gives back what the session holds. @param isClosed whether the modem is known to have it closed */
  release(isClosed: boolean): void;
}

/** How a session ends. */
interface End {
  /** Left out where its owner wanted it. */
  readonly error?: ModemError;
  /** The modem has forgotten it, or can't be reached. */
  readonly isGone?: boolean;
}

/** A session of one of the modem's clients: operations in order, messages as they come, and an end that is told once. */
export class MqttSession implements BrokerSession {
  readonly #parts: SessionParts;
  readonly #inbox: Inbox;
  readonly #turns: Pool<string>;
  readonly #ended = new AbortController();
  #isOpen = false;
  #lastId = 0;
  #freed: Promise<void> | undefined;

  constructor(parts: SessionParts) {
    const { client, operation, events } = parts;
    const { channel, model } = client.modem;
    this.#parts = parts;
    this.#inbox = new Inbox((message) => handOver(channel, operation, () => events.onMessage(message)));
    this.#turns = new Pool(["turn"], { name: `places for a running MQTT operation of ${model.name}` });
    // As many as operations wait.
    setMaxListeners(0, this.#ended.signal);
  }

  get cid(): number {
    return this.#parts.cid;
  }

  /** Fires when it ends; its reason is what every operation fails with then. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Its owner gets it. @throws {ModemError} where it has ended meanwhile */
  open(): void {
    this.ended.throwIfAborted();
    this.#isOpen = true;
    this.#inbox.open();
  }

  /** `+QMTRECV` of its client, or one that may be. */
  received(line: Line): void {
    if (this.ended.aborted) return;
    const { client, firmware, operation } = this.#parts;
    const message = parseReceived(line, firmware.countsReceived === true);
    if (message === undefined) {
      this.damaged();
      return;
    }
    this.#inbox.add(message);
    const { backlog } = client.modem.model.limits.mqtt;
    if (this.#inbox.bytes <= backlog) return;
    const text = `messages came faster than the flow took them: ${backlog} bytes wait`;
    void this.end({ error: new ModemError("CONNECTION_CLOSED", `${operation} was left: ${text}`) });
  }

  /** A message can't be read. */
  damaged(): void {
    const { client, operation, events } = this.#parts;
    const { channel } = client.modem;
    const text =
      "a message was damaged between modem and computer, and is lost. Check cable, baud rate and flow control.";
    const error = new ModemError("PROTOCOL_ERROR", `${operation}: ${text}`);
    channel.note(error.message);
    tellEnd(channel, operation, () => events.onDamaged?.(error));
  }

  /** `+QMTSTAT` of its client. */
  left(report: number): void {
    // Nobody here has asked for that: it may be a late word of the session before.
    if (report === LOGGED_OUT) this.look();
    else this.#lost(whyLeft(report));
  }

  /** Something may have ended it: ends it where the modem says that it does not stand. */
  look(): void {
    if (!this.#isOpen || this.ended.aborted) return;
    void this.#stands().catch((error: unknown) => this.#parts.client.modem.channel.note(String(error)));
  }

  /** Ends it. Resolves when the modem's client is free. Never fails. */
  end(end: End): Promise<void> {
    if (this.#freed === undefined) {
      // Until it is open, who makes it closes the client.
      this.#freed = this.#isOpen ? this.#finish(end) : Promise.resolve();
      this.#ended.abort(end.error ?? new ModemError("CONNECTION_CLOSED", `${this.#parts.operation} was left`));
    }
    return this.#freed;
  }

  async publish(message: Publication, wait: SessionWait): Promise<void> {
    const { client, firmware, isConnected } = this.#parts;
    const plan = planPublication(message, client.modem.model);
    await this.#operate(plan.operation, wait, async () => {
      const id = plan.qos === 0 ? 0 : this.#nextId();
      check(await publish(plan, { client, firmware, id, signal: this.ended, isConnected }));
    });
  }

  async subscribe(filter: string, qos: Qos, wait: SessionWait): Promise<Qos | undefined> {
    const { operation, filter: field } = planFilter("Subscribing to", filter, this.#parts.client.modem.model);
    const most = checkQos(qos);
    return this.#operate(operation, wait, async () => {
      const answer = await this.#packet({ name: "+QMTSUB", operation, parameters: [field, most] });
      const { rest, report } = answer;
      if (rest.length === 0) return undefined;
      const granted = toInteger(rest[0]);
      if (granted === REFUSED) throw new ModemError("PROTOCOL_ERROR", `${operation}: the broker refused it`, report);
      if (granted !== 0 && granted !== 1 && granted !== 2) throw unreadable(report);
      return granted;
    });
  }

  async unsubscribe(filter: string, wait: SessionWait): Promise<void> {
    const { operation, filter: field } = planFilter("Unsubscribing from", filter, this.#parts.client.modem.model);
    await this.#operate(operation, wait, () => this.#packet({ name: "+QMTUNS", operation, parameters: [field] }));
  }

  async ping(wait: SessionWait): Promise<void> {
    await this.#operate(this.#parts.operation, wait, async () => {
      if (!(await this.#stands())) throw this.ended.reason;
    });
  }

  async disconnect(wait: SessionWait): Promise<void> {
    const limit = new Deadline(wait.timeout, this.#parts.operation, wait.signal);
    await limit.race(this.#leave(limit)).catch(() => undefined);
  }

  /** Behind what was asked for before, unless that takes too long. */
  async #leave({ remaining, signal }: Deadline): Promise<void> {
    const waiting = acquireBefore({ remaining, signal }, this.#parts.operation);
    await this.#turns.withItem(async () => undefined, waiting).catch(() => undefined);
    await this.end({});
  }

  /** Runs `work` behind the operations before it. A caller who leaves does not end it: the modem is at it. */
  async #operate<T>(operation: string, wait: SessionWait, work: () => Promise<T>): Promise<T> {
    this.ended.throwIfAborted();
    const limit = new Deadline(wait.timeout, operation, this.ended, wait.signal);
    const start = async (): Promise<T> => {
      limit.signal.throwIfAborted();
      return work().catch(async (error: unknown) => {
        throw await this.#explain(operation, error);
      });
    };
    // Not by the limit's signal: what holds it up says more than that it is late.
    const waiting = acquireBefore({ remaining: limit.remaining, signal: limit.outer }, operation);
    return limit.race(this.#turns.withItem(start, waiting));
  }

  async #packet(order: Pick<Order, "name" | "operation" | "parameters">): Promise<OrderResult> {
    const { client } = this.#parts;
    const answer = await client.run({ ...order, id: this.#nextId(), timeout: client.packetTime, signal: this.ended });
    return check(answer);
  }

  #nextId(): number {
    this.#lastId = (this.#lastId % LAST_ID) + 1;
    return this.#lastId;
  }

  /** The error to report: what failed may have failed since the session is over. */
  async #explain(operation: string, error: unknown): Promise<unknown> {
    if (this.ended.aborted) return this.ended.reason;
    if (!isModemError(error, "MODEM_REJECTED") && !isModemError(error, "MODEM_TIMEOUT")) return error;
    const stands = await this.#stands().catch(() => true);
    if (error.code === "MODEM_TIMEOUT") return error;
    if (!stands) return this.ended.reason;
    const known = translated(error, operation);
    return known === error ? new ModemError(error.code, `${operation}: ${error.message}`, error.cause) : known;
  }

  /** Asks the modem; ends it where it does not stand any more. */
  async #stands(): Promise<boolean> {
    const stands = await this.#parts.isConnected();
    if (!stands) this.#lost("the modem is not logged in any more");
    return stands;
  }

  #lost(why: string): void {
    void this.end({ error: new ModemError("CONNECTION_CLOSED", `${this.#parts.operation} ended: ${why}`) });
  }

  async #finish({ error, isGone = false }: End): Promise<void> {
    const { client, operation, events, release } = this.#parts;
    const { channel } = client.modem;
    // Whoever ends it goes on first.
    await Promise.resolve();
    if (error === undefined) this.#inbox.clear();
    else {
      this.#inbox.flush();
      tellEnd(channel, operation, () => events.onClosed(error));
    }
    release(isGone || (await this.#close(error === undefined)));
  }

  /** @param logOut by a DISCONNECT, so that the broker publishes no will */
  async #close(logOut: boolean): Promise<boolean> {
    const { client, operation } = this.#parts;
    const { channel, model } = client.modem;
    const note = (error: unknown): false => {
      channel.note(`${operation}: ${String(error)}`);
      return false;
    };
    if (logOut) await client.run({ name: "+QMTDISC", operation, timeout: model.timeouts.mqttEnd }).catch(note);
    return client.close().then((outcome) => outcome !== "failed", note);
  }
}

/** @throws {ModemError} `MODEM_TIMEOUT` where nothing was acknowledged: it may have come all the same */
function check(answer: OrderResult): OrderResult {
  const { result, report } = answer;
  if (result === 0) return answer;
  if (result !== FAILED) throw unreadable(report);
  throw new ModemError("MODEM_TIMEOUT", `${report.operation}: the broker did not acknowledge it`, report);
}
