import type { MqttConnection } from "../../internet/mqtt/connection";
import type { MqttEvents, SessionEnd } from "../../internet/mqtt/types";
import type { Modem } from "../../modem";
import { notAllowed } from "../errors";
import { activeContext, defaultConnection } from "../packet-data/data-connection";
import { codeOf, MQTT_ERROR } from "./errors";
import { PingLoop } from "./ping-loop";
import { mqttProfile } from "./profile";
import { openSession, type Session } from "./session";
import { UnreadMessages } from "./unread";

const ERROR_CLASS = 13;
const REGISTERED = [1, 5];

/** Second value of `+UUMQTTC: 0` when the host did not ask (guide 6.7, AT facts 5.2). */
const DROPPED = { closed: 100, lost: 101, protocol: 102 } as const;

/** Its result is the values that follow the op in +UUMQTTC: `1`, or with more. */
export type Operation = (connection: MqttConnection) => Promise<string>;

/** The one MQTT client of the modem: its session, its messages, and the operation that runs. */
export class MqttClient {
  readonly #modem: Modem;
  readonly unread: UnreadMessages;
  /** Class and code of +UMQTTER. */
  lastError: readonly [errorClass: number, code: number] = [0, 0];
  #busy = false;
  #session: Session | undefined;
  #pings: PingLoop | undefined;
  #life = new AbortController();

  constructor(modem: Modem) {
    this.#modem = modem;
    this.unread = new UnreadMessages(modem);
    modem.radio.onDeactivated((cid) => {
      if (cid === this.#cid) this.#life.abort();
      if (cid === this.#session?.cid) this.#end("lost");
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
      const signal = AbortSignal.any([this.#life.signal, this.#modem.powerCycle]);
      const session = await openSession(this.#modem, mqttProfile(this.#modem), this.#events(), signal);
      this.#session = session;
      this.#pings = new PingLoop(this.#modem, session.connection, session.keepAlive, () => {
        this.#modem.urc("+UUMQTTC: 8,0");
      });
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

  async #run(op: number, work: () => Promise<string>): Promise<void> {
    const { powerCycle } = this.#modem;
    this.#busy = true;
    const result = await this.#resultOf(work);
    if (powerCycle.aborted) return;
    this.#busy = false;
    this.#modem.urc(`+UUMQTTC: ${op},${result}`);
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
      ended: (reason) => this.#end(reason),
    };
  }

  /** The host is told, unless it has no session yet: then the login fails. */
  #end(reason: SessionEnd): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#forget();
    session.connection.abort();
    // The result of an operation that runs comes first.
    this.#modem.later(0, () => this.#modem.urc(`+UUMQTTC: 0,${DROPPED[reason]}`));
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
