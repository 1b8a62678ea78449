import type { SnConnection } from "../../internet/mqtt-sn/connection";
import { SnError, type SnEvents, type SnMessage, TOPIC_TYPE, type TopicId } from "../../internet/mqtt-sn/types";
import type { Modem } from "../../modem";
import { notAllowed } from "../errors";
import { PingLoop } from "../messaging/ping-loop";
import { UnreadMessages } from "../messaging/unread";
import { activeContext, defaultConnection } from "../packet-data/data-connection";
import { codeOf, MQTT_SN_ERROR } from "./errors";
import { type MqttSnFaults, mqttSnFaults } from "./faults";
import { mqttSnProfile } from "./profile";
import { loginOf, openSession, type Session } from "./session";

const ERROR_CLASS = 14;
const REGISTERED = [1, 5];
const PUBLISHES = [4, 11];

/** Second value of `+UUMQTTSNC: 0` when the host did not ask (guide 7.8); 100 as with MQTT (AT facts 5.2). */
const DROPPED = { byGateway: 100, byNetwork: 101 } as const;

/** How long the way to the gateway stays open for a message without a session, so that it gets out. */
const LINGER_MS = 1000;

/** Its result is the values that follow the op in +UUMQTTSNC: `1`, or with more. */
export type Operation = (connection: SnConnection) => Promise<string>;

/** The one MQTT-SN client of the modem: its session, its messages, and the operation that runs. */
export class MqttSnClient {
  readonly #modem: Modem;
  readonly unread: UnreadMessages<SnMessage>;
  /** Class and code of +UMQTTSNER. */
  lastError: readonly [errorClass: number, code: number] = [0, 0];
  #busy = false;
  #session: Session | undefined;
  #pings: PingLoop | undefined;
  #life = new AbortController();
  /** By a fault: topic ids that the gateway has forgotten. */
  readonly #void = new Set<number>();

  constructor(modem: Modem) {
    this.#modem = modem;
    this.unread = new UnreadMessages(modem, "+UUMQTTSNC: 9");
    modem.radio.onDeactivated((cid) => {
      if (cid === this.#cid) this.#life.abort();
      if (cid === this.#session?.cid) this.#end(DROPPED.byNetwork);
    });
  }

  /**
   * Until the result of an operation was printed every other one is refused.
   * @throws {CommandError}
   */
  needIdle(): void {
    if (this.#busy) throw notAllowed();
  }

  /** @throws {CommandError} without a session, or while an operation runs */
  needSession(): void {
    this.needIdle();
    if (this.#session === undefined) throw notAllowed();
  }

  /** @throws {CommandError} with one */
  needNone(): void {
    this.needIdle();
    if (this.#session !== undefined) throw notAllowed();
  }

  /** The name behind a topic id of the session. */
  nameOf(id: number): string | undefined {
    return this.#session?.connection.nameOf(id);
  }

  /** @throws {CommandError} there is no keep-alive time */
  keepAlive(on: boolean): void {
    if (on && (this.#session?.keepAlive ?? 0) === 0) throw notAllowed();
    if (on) this.#pings?.start();
    else this.#pings?.stop();
  }

  /** To be called when the command's result was printed, as all that follow. */
  async connect(): Promise<void> {
    await this.#run(1, async () => {
      const profile = mqttSnProfile(this.#modem);
      const session = await openSession(this.#modem, profile, this.#events(), this.#newLife());
      try {
        if (this.#faults.refusedConnect.take() !== undefined) throw new SnError("refused", "by a fault");
        await session.connection.login(loginOf(profile));
      } catch (error) {
        session.connection.abort();
        session.release();
        throw error;
      }
      this.#session = session;
      this.#void.clear();
      this.#pings = new PingLoop(this.#modem, session.connection, session.keepAlive, () => {
        this.#modem.urc("+UUMQTTSNC: 10,0");
      });
      return "1";
    });
  }

  async disconnect(): Promise<void> {
    await this.#run(0, async () => {
      const session = this.#session;
      this.#session = undefined;
      this.#pings?.stop();
      try {
        await session?.connection.disconnect();
        return "1";
      } finally {
        session?.release();
      }
    });
  }

  /** Runs an operation of the session and prints its result under this number. */
  async perform(op: number, operation: Operation): Promise<void> {
    await this.#run(op, async () => {
      const connection = this.#session?.connection;
      return connection === undefined ? "0" : operation(connection);
    });
  }

  /** QoS −1 needs no session (MQTT-SN 6.8). */
  async publish(op: number, message: SnMessage): Promise<void> {
    if (message.qos >= 0 || this.#session !== undefined) {
      await this.perform(op, async (connection) => {
        this.#checkId(message.topic);
        await connection.publish(message);
        return "1";
      });
      return;
    }
    await this.#run(op, async () => {
      const events = { message: () => undefined, ended: () => undefined };
      const { connection, release } = await openSession(
        this.#modem,
        mqttSnProfile(this.#modem),
        events,
        this.#newLife(),
      );
      await connection.publish(message);
      this.#modem.later(LINGER_MS, () => {
        connection.abort();
        release();
      });
      return "1";
    });
  }

  /** The gateway has given it, perhaps anew. */
  gotId(id: number): void {
    this.#void.delete(id);
  }

  /** By a fault, the gateway knows none of its ids any more. */
  voidIds(): void {
    for (const id of this.#session?.connection.ids ?? []) this.#void.add(id);
  }

  /** Ends the session as a fault wants it. @param code of `+UUMQTTSNC: 0` */
  drop(code: number): void {
    this.#end(code);
  }

  /** The ping loop finds no answer, if it is on. */
  failPing(): void {
    this.#pings?.fail();
  }

  get #faults(): MqttSnFaults {
    return mqttSnFaults(this.#modem);
  }

  /** @throws {SnError} a fault has the gateway refuse it */
  #checkId({ type, id }: TopicId): void {
    if (type !== TOPIC_TYPE.normal) return;
    if (this.#void.has(id) || this.#faults.invalidTopicId.take() !== undefined) {
      throw new SnError("refused", "by a fault");
    }
  }

  /** Ends with the context, and with the power. */
  #newLife(): AbortSignal {
    this.#life = new AbortController();
    return AbortSignal.any([this.#life.signal, this.#modem.powerCycle]);
  }

  async #run(op: number, work: () => Promise<string>): Promise<void> {
    const { powerCycle } = this.#modem;
    this.#busy = true;
    const result = await this.#resultOf(work);
    if (powerCycle.aborted) return;
    this.#busy = false;
    if (PUBLISHES.includes(op) && this.#faults.lostResult.take() !== undefined) return;
    this.#modem.urc(`+UUMQTTSNC: ${op},${result}`);
  }

  async #resultOf(work: () => Promise<string>): Promise<string> {
    if (this.#hasObstacle) return this.#failed(MQTT_SN_ERROR.noService);
    try {
      return await work();
    } catch (error) {
      return this.#failed(this.#hasObstacle ? MQTT_SN_ERROR.noService : codeOf(error));
    }
  }

  #failed(code: number): string {
    this.lastError = [ERROR_CLASS, code];
    return "0";
  }

  get #cid(): number {
    return mqttSnProfile(this.#modem).cid ?? defaultConnection(this.#modem).cid;
  }

  /** There can't be any traffic now. */
  get #hasObstacle(): boolean {
    const isRegistered = REGISTERED.includes(this.#modem.radio.registration);
    return !isRegistered || activeContext(this.#modem, this.#session?.cid ?? this.#cid) === undefined;
  }

  #events(): SnEvents {
    return {
      message: (message) => this.unread.add(message),
      ended: () => this.#end(DROPPED.byGateway),
    };
  }

  /** The host is told, unless it has no session yet: then the connect fails. */
  #end(code: number): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#pings?.stop();
    this.#pings = undefined;
    this.#session = undefined;
    session.connection.abort();
    session.release();
    // The result of an operation that runs comes first.
    this.#modem.later(0, () => this.#modem.urc(`+UUMQTTSNC: 0,${code}`));
  }
}

export function mqttSnClient(modem: Modem): MqttSnClient {
  return modem.service("ublox.mqtt-sn", () => new MqttSnClient(modem));
}
