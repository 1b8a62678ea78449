import { delay } from "../../delay";
import { inSeconds, ModemError } from "../../errors";
import { Deadline } from "../waiting/deadline";

/** ms between two looks at a full buffer, at first and at most, and for which it may take nothing. */
export interface BackoffTimes {
  readonly first: number;
  readonly longest: number;
  readonly patience: number;
}

/** A modem's send buffer that has refused bytes, until it takes some. Once used it holds a timer until `end`. */
export class SendBackoff {
  readonly #operation: string;
  readonly #times: BackoffTimes;
  readonly #signals: readonly (AbortSignal | undefined)[];
  #patience: Deadline | undefined;
  #pause: number;
  #stuck: ModemError | undefined;

  /** @param signals any of them ends the wait with its own reason */
  constructor(operation: string, times: BackoffTimes, ...signals: readonly (AbortSignal | undefined)[]) {
    this.#operation = operation;
    this.#times = times;
    this.#signals = signals;
    this.#pause = times.first;
  }

  /** Fires when the buffer has taken nothing for too long, and with the caller's signals. */
  get signal(): AbortSignal {
    this.#patience ??= new Deadline(this.#times.patience, this.#operation, ...this.#signals);
    return this.#patience.signal;
  }

  /** That the buffer has taken nothing for too long, once a caller was told. */
  get stuck(): ModemError | undefined {
    return this.#stuck;
  }

  /** The buffer takes something: patience begins again. */
  moved(): void {
    this.#patience?.clear();
    this.#patience = undefined;
  }

  /**
   * Waits for a while, and longer each time; resolves to its ms.
   *
   * @throws {ModemError} `MODEM_TIMEOUT` when the buffer has taken nothing for too long
   */
  async wait(): Promise<number> {
    const pause = this.#pause;
    this.#pause = Math.min(2 * pause, this.#times.longest);
    try {
      await delay(pause, this.signal);
    } catch (error) {
      throw this.explain(error);
    }
    return pause;
  }

  /** What `signal` ended something with, in the words of `wait`. */
  explain(error: unknown): unknown {
    const isPatience = error === this.#patience?.signal.reason && !this.#signals.some((signal) => signal?.aborted);
    if (!isPatience) return error;
    const reason = "the peer does not read, or the network carries nothing";
    const text = `the modem's buffer is full: it has taken nothing for ${inSeconds(this.#times.patience)}; ${reason}`;
    this.#stuck ??= new ModemError("MODEM_TIMEOUT", `${this.#operation}: ${text}`);
    return this.#stuck;
  }

  end(): void {
    this.#patience?.clear();
  }
}
