import { delay } from "../../delay";
import { ModemError } from "../../errors";
import { Deadline } from "../../services/waiting/deadline";
import type { SocketCommands } from "./commands";

/** ms between two looks at a full buffer: at first, and at most. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;
/** ms for which it may take nothing. */
const PATIENCE = 60_000;
const STUCK = `it has taken nothing for ${PATIENCE / 1000} s; the peer does not read, or the network carries nothing`;

/** A modem's buffer that has refused bytes, until it takes some. Holds a timer until it is told to `end`. */
export class SendBackoff {
  readonly #commands: SocketCommands;
  readonly #operation: string;
  readonly #patience: Deadline;
  readonly #signals: readonly (AbortSignal | undefined)[];
  #pause = FIRST_PAUSE;
  #queued: number | undefined;

  /** @param signals any of them ends the wait with its own reason */
  constructor(commands: SocketCommands, operation: string, ...signals: readonly (AbortSignal | undefined)[]) {
    this.#commands = commands;
    this.#operation = `${operation}: the modem's buffer is full`;
    this.#signals = signals;
    this.#patience = new Deadline(PATIENCE, this.#operation, ...signals);
  }

  /**
   * Waits for a while, and longer each time.
   *
   * @returns whether another attempt is worth it: bytes that can only be refused again need not go over the line; now
   * and then they do all the same
   * @throws {ModemError} `MODEM_TIMEOUT` when it has taken nothing for a minute
   */
  async wait(): Promise<boolean> {
    const { signal } = this.#patience;
    try {
      const before = this.#queued ?? (await this.#ask(signal));
      const pause = this.#pause;
      await delay(pause, signal);
      this.#pause = Math.min(2 * pause, LONGEST_PAUSE);
      this.#queued = await this.#ask(signal);
      return this.#queued < before || this.#queued === 0 || pause === LONGEST_PAUSE;
    } catch (error) {
      const isStuck = error === signal.reason && this.isStuck;
      throw isStuck ? this.stuck() : error;
    }
  }

  stuck(): ModemError {
    return new ModemError("MODEM_TIMEOUT", `${this.#operation}: ${STUCK}`);
  }

  /** Whether it has taken nothing for a minute. */
  get isStuck(): boolean {
    return this.#patience.signal.aborted && !this.#signals.some((other) => other?.aborted);
  }

  end(): void {
    this.#patience.clear();
  }

  /** 0 where the modem does not tell. */
  async #ask(signal: AbortSignal): Promise<number> {
    return (await this.#commands.unacknowledged(signal)) ?? 0;
  }
}
