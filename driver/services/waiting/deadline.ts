import { now } from "../../at/clock";
import { inSeconds, ModemError } from "../../errors";
import { unlessAborted } from "./unless-aborted";
import type { AcquireOptions } from "./waiting-line";

/** ms, to which the wait for what others hold is rounded down. */
const STEP_MS = 100;

/** Of what remains, as a share and in ms at most, that those who wait by timers of their own leave to the deadline's. */
const HEADSTART = { share: 0.1, most: 50 } as const;

/** The end of an operation: when its time is over or its caller gave up. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #end: number;
  readonly #timer: NodeJS.Timeout;
  readonly #leave: () => void;
  /** Of the callers alone: fires with their reasons, not when the time is over. */
  readonly outer: AbortSignal | undefined;

  /**
   * @param timeout ms
   * @param outers any of them ends it with its own reason
   */
  constructor(timeout: number, operation: string, ...outers: readonly (AbortSignal | undefined)[]) {
    this.#end = now() + timeout - Math.min(HEADSTART.most, timeout * HEADSTART.share);
    const over = (): void =>
      this.#controller.abort(
        new ModemError("MODEM_TIMEOUT", `${operation}: not done within ${inSeconds(timeout)}; allow a longer timeout`),
      );
    this.#timer = setTimeout(over, timeout);
    const signals = outers.filter((outer) => outer !== undefined);
    this.outer = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
    const abort = (): void => this.#controller.abort(signals.find(({ aborted }) => aborted)?.reason);
    for (const signal of signals) signal.addEventListener("abort", abort, { once: true });
    this.#leave = () => {
      for (const signal of signals) signal.removeEventListener("abort", abort);
    };
    if (signals.some(({ aborted }) => aborted)) abort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * ms, at least 1: a little less than there are, so that who waits so long for something is told that it did not come,
   * and not only that the time is over.
   */
  get remaining(): number {
    return Math.max(1, this.#end - now());
  }

  /** Whole seconds as a modem's parameter takes them, 1–65535. */
  get seconds(): number {
    return Math.min(65_535, Math.ceil(this.remaining / 1000));
  }

  /** `work`, unless the end comes first. Ends the deadline. */
  async race<T>(work: Promise<T>): Promise<T> {
    try {
      return await unlessAborted(work, this.signal);
    } finally {
      this.clear();
    }
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#leave();
  }
}

/**
 * Waits for what others hold till a little before the deadline, so that the caller is told who holds it.
 *
 * @param deadline with its own signal, or with its caller's alone: then late timers can't hide who holds it
 */
export function acquireBefore(
  { remaining, signal }: Pick<Deadline, "remaining"> & { readonly signal?: AbortSignal },
  owner: string,
): AcquireOptions {
  return { timeout: Math.max(0, Math.ceil(remaining / STEP_MS) - 1) * STEP_MS, signal, owner };
}
