import type { MqttConnection } from "../../internet/mqtt/connection";
import type { Modem } from "../../modem";

/** A ping goes out after this share of the keep-alive time without another packet, and fails after another. */
const IDLE_SHARE = 0.8;
const ANSWER_SHARE = 0.5;

/** Keeps a session alive by itself. */
export class Pings {
  readonly #modem: Modem;
  readonly #connection: MqttConnection;
  readonly #failed: () => void;
  /** ms */
  readonly #keepAlive: number;
  #cancel: (() => void) | undefined;

  /** @param keepAlive s, not 0 @param failed the broker did not answer */
  constructor(modem: Modem, connection: MqttConnection, keepAlive: number, failed: () => void) {
    this.#modem = modem;
    this.#connection = connection;
    this.#keepAlive = keepAlive * 1000;
    this.#failed = failed;
    this.#plan();
  }

  stop(): void {
    this.#cancel?.();
  }

  /** ms */
  get #left(): number {
    return this.#keepAlive * IDLE_SHARE - (performance.now() - this.#connection.lastSent);
  }

  #plan(): void {
    this.#cancel = this.#modem.later(this.#left, () => {
      // Timers are a little early at times.
      if (this.#left > 1) this.#plan();
      else void this.#ping();
    });
  }

  async #ping(): Promise<void> {
    const answered = await this.#connection.ping({ timeout: this.#keepAlive * ANSWER_SHARE }).then(
      () => true,
      () => false,
    );
    if (this.#connection.over) return;
    if (answered) this.#plan();
    else this.#failed();
  }
}
