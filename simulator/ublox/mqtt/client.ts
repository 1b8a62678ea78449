import type { MqttConnection } from "../../internet/mqtt/connection";
import type { MqttEvents, ReceivedMessage } from "../../internet/mqtt/types";
import type { Modem } from "../../modem";
import { notAllowed } from "../errors";
import { PingLoop } from "../messaging/ping-loop";
import { UnreadMessages } from "../messaging/unread";
import { activeContext, defaultConnection } from "../packet-data/data-connection";
import { codeOf, MQTT_ERROR, Refused } from "./errors";
import { type MqttFaults, mqttFaults, type StuckClient } from "./faults";
import { mqttProfile } from "./profile";
import { openSession, type Session } from "./session";

const ERROR_CLASS = 13;
const REGISTERED = [1, 5];
const FULL = 1;
const PUBLISHES = [2, 3, 9];

/** Second value of `+UUMQTTC: 0` when the host did not ask (guide 6.7, AT facts 5.2). */
const DROPPED = { closed: 100, lost: 100, network: 101, protocol: 102 } as const;
const PING_FAILED = "+UUMQTTC: 8,0";

/** Its result is the values that follow the op in +UUMQTTC: `1`, or with more. */
export type Operation = (connection: MqttConnection) => Promise<string>;

/** The one MQTT client of the modem: its session, its messages, and the operation that runs. */
export class MqttClient {
  readonly #modem: Modem;
  readonly unread: UnreadMessages<ReceivedMessage>;
  /** Class and code of +UMQTTER. */
  lastError: readonly [errorClass: number, code: number] = [0, 0];
  #busy = false;
  /** By a fault: a publish never ended, and everything is refused until the radio was off. */
  #stuck = false;
  #session: Session | undefined;
  #pings: PingLoop | undefined;
  /** Of the last login, over this context. */
  #life = new AbortController();
  #lifeCid: number | undefined;

  constructor(modem: Modem) {
    this.#modem = modem;
    this.unread = new UnreadMessages(modem, "+UUMQTTC: 6");
    modem.radio.onDeactivated((cid) => {
      if (this.#stuck) {
        if (modem.radio.functionality !== FULL) this.#comeLoose();
        return;
      }
      if (cid !== this.#lifeCid) return;
      this.#life.abort();
      this.#end(DROPPED.network);
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

  /** The prompt of a publish comes once no ping waits for its answer. */
  async quiet(): Promise<void> {
    await this.#pings?.quiet();
  }

  /** @throws {CommandError} there is no keep-alive time */
  keepAlive(on: boolean): void {
    if (on && (this.#session?.keepAlive ?? 0) === 0) throw notAllowed();
    if (on) this.#pings?.start();
    else this.#pings?.stop();
  }

  /** Logs in; to be called when the command's result was printed. */
  async login(): Promise<void> {
    await this.#run(1, async () => {
      this.#life = new AbortController();
      this.#lifeCid = this.#cid;
      // What is set meanwhile is for the next session.
      const profile = { ...mqttProfile(this.#modem) };
      const signal = AbortSignal.any([this.#life.signal, this.#modem.powerCycle]);
      if (this.#faults.refusedLogin.take() !== undefined) throw new Refused("by a fault");
      const session = await openSession(this.#modem, profile, this.#events(), signal);
      this.#session = session;
      this.#pings = new PingLoop(this.#modem, session.connection, session.keepAlive, () => {
        this.#modem.urc(PING_FAILED);
      });
      if (this.#faults.closedSession.take() !== undefined) this.#modem.later(0, () => this.#end(DROPPED.closed));
      return "1";
    });
  }

  async logout(): Promise<void> {
    await this.#run(0, async () => {
      const session = this.#session;
      const wasOver = session?.connection.over !== false;
      this.#forget();
      await session?.connection.disconnect();
      return wasOver ? "0" : "1";
    });
  }

  /** Runs an operation of the session and prints its result under this number. */
  async perform(op: number, operation: Operation): Promise<void> {
    await this.#run(op, async () => {
      const connection = this.#session?.connection;
      return connection === undefined ? "0" : operation(connection);
    });
  }

  /** Ends the session as a fault wants it. @param code of `+UUMQTTC: 0` */
  drop(code: number): void {
    this.#end(code);
  }

  /** The ping loop finds no answer, if it is on. */
  failPing(): void {
    this.#pings?.fail();
  }

  get #faults(): MqttFaults {
    return mqttFaults(this.#modem);
  }

  async #run(op: number, work: () => Promise<string>): Promise<void> {
    const { powerCycle } = this.#modem;
    const isPublish = PUBLISHES.includes(op);
    this.#busy = true;
    const stuck = isPublish ? this.#faults.stuck.take()?.what : undefined;
    if (stuck !== undefined) return this.#getStuck(stuck);
    const result = await this.#resultOf(work);
    if (powerCycle.aborted) return;
    this.#busy = false;
    if (isPublish && this.#faults.lostResult.take() !== undefined) return;
    this.#modem.urc(`+UUMQTTC: ${op},${result}`);
  }

  /** ubxlib's issue 71 of a SARA-R422 (AT facts 5.2). */
  #getStuck({ silence, silent }: StuckClient): void {
    const { powerCycle } = this.#modem;
    this.#stuck = true;
    this.#failed(MQTT_ERROR.timeout);
    silent(true);
    // A reboot must not leave it silent.
    const hear = setTimeout(() => {
      silent(false);
      if (this.#stuck && !powerCycle.aborted) this.#modem.urc(PING_FAILED);
    }, silence);
    hear.unref();
  }

  /** What was held back comes at once. */
  #comeLoose(): void {
    this.#stuck = false;
    this.#busy = false;
    this.#session?.connection.abort();
    this.#forget();
    for (const late of ["+UUMQTTC: 9,0", PING_FAILED, `+UUMQTTC: 0,${DROPPED.closed}`]) this.#modem.urc(late);
  }

  async #resultOf(work: () => Promise<string>): Promise<string> {
    const obstacle = this.#obstacle;
    if (obstacle !== undefined) return this.#failed(obstacle);
    try {
      return await work();
    } catch (error) {
      return this.#failed(this.#obstacle ?? codeOf(error));
    }
  }

  #failed(code: number): string {
    this.lastError = [ERROR_CLASS, code];
    return "0";
  }

  get #cid(): number {
    return mqttProfile(this.#modem).cid ?? defaultConnection(this.#modem).cid;
  }

  /** Why there can't be any traffic now. */
  get #obstacle(): number | undefined {
    if (!REGISTERED.includes(this.#modem.radio.registration)) return MQTT_ERROR.noService;
    return activeContext(this.#modem, this.#session?.cid ?? this.#cid) === undefined
      ? MQTT_ERROR.noConnection
      : undefined;
  }

  #events(): MqttEvents {
    return {
      message: (message) => this.unread.add(message),
      ended: (reason) => this.#end(DROPPED[reason]),
    };
  }

  /** The host is told, unless it has no session yet: then the login fails. */
  #end(code: number): void {
    const session = this.#session;
    if (session === undefined || this.#stuck) return;
    this.#forget();
    session.connection.abort();
    // The result of an operation that runs comes first.
    this.#modem.later(0, () => this.#modem.urc(`+UUMQTTC: 0,${code}`));
  }

  #forget(): void {
    this.#pings?.stop();
    this.#session?.release();
    this.#pings = undefined;
    this.#session = undefined;
  }
}

export function mqttClient(modem: Modem): MqttClient {
  return modem.service("ublox.mqtt", () => new MqttClient(modem));
}
