import type { Modem } from "../../modem";

/** A ping goes out after this share of the keep-alive time without traffic (guide 6.6), and fails after another. */
const IDLE_SHARE = 0.8;
const ANSWER_SHARE = 0.5;
const LONGEST_ANSWER_MS = 30_000;

/** A session, as far as its pings are concerned. */
interface Pinged {
  readonly over: boolean;
  /** By `performance.now()` */
  readonly lastSent: number;
  /** @param wait ms */
  ping(wait: { readonly timeout: number }): Promise<void>;
}

/** Pings broker or gateway when nothing else goes out. It is off until it is asked for, in each session anew (guide 6.6). */
export class PingLoop {
  readonly #modem: Modem;
  readonly #connection: Pinged;
  readonly #failed: () => void;
  /** ms */
  readonly #keepAlive: number;
  #cancel: (() => void) | undefined;
  #outstanding: Promise<void> | undefined;
  #on = false;

  /** @param keepAlive s @param failed the broker did not answer; the loop has ended */
  constructor(modem: Modem, connection: Pinged, keepAlive: number, failed: () => void) {
    this.#modem = modem;
    this.#connection = connection;
    this.#keepAlive = keepAlive * 1000;
    this.#failed = failed;
  }

  start(): void {
    if (this.#on) return;
    this.#on = true;
    this.#plan();
  }

  stop(): void {
    this.#on = false;
    this.#cancel?.();
  }

  /** Resolves once no ping waits for its answer: until then the client has no prompt. */
  async quiet(): Promise<void> {
    await this.#outstanding;
  }

  #plan(): void {
    const idle = performance.now() - this.#connection.lastSent;
    this.#cancel = this.#modem.later(this.#keepAlive * IDLE_SHARE - idle, () => this.#look());
  }

  #look(): void {
    if (!this.#on || this.#connection.over) return;
    const idle = performance.now() - this.#connection.lastSent;
    // Timers are a little early at times.
    if (idle < this.#keepAlive * IDLE_SHARE - 1) {
      this.#plan();
      return;
    }
    this.#outstanding = this.#ping().finally(() => {
      this.#outstanding = undefined;
    });
  }

  async #ping(): Promise<void> {
    const timeout = Math.min(this.#keepAlive * ANSWER_SHARE, LONGEST_ANSWER_MS);
    const answered = await this.#connection.ping({ timeout }).then(
      () => true,
      () => false,
    );
    if (!this.#on || this.#connection.over) return;
    if (answered) {
      this.#plan();
      return;
    }
    this.fail();
  }

  /** Ends the loop as if the broker had not answered. */
  fail(): void {
    if (!this.#on) return;
    this.stop();
    this.#failed();
  }
}
