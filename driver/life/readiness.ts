import { type ErrorCode, type ModemError, NotReadyError, shortPort } from "../errors";
import type { ModemState, ReadyOptions } from "../modem-types";

/** What can be waited for: a line that takes commands, or all of it. */
export type Goal = "line" | "ready";

interface Waiter {
  readonly goal: Goal;
  succeed(): void;
  fail(error: unknown): void;
}

interface Situation {
  readonly state: ModemState;
  readonly error: ModemError | undefined;
  readonly line: boolean;
  /** Registered: a short loss is no outage, but requests made during it can only fail. */
  readonly registered: boolean;
}

/** Why a modem is not ready in each state, when it has not failed in it: continues "the modem …", or "… is not ready: it …". */
const REASONS: Readonly<Record<Exclude<ModemState, "ready">, readonly [ErrorCode, "which" | "whose", string]>> = {
  closed: ["MODEM_OFFLINE", "which", "is not open"],
  opening: ["MODEM_OFFLINE", "whose", "port is still being opened"],
  recovering: ["MODEM_OFFLINE", "whose", "connection is still being restored"],
  synchronising: ["MODEM_TIMEOUT", "which", "has not answered AT yet"],
  identifying: ["MODEM_TIMEOUT", "which", "is still being identified and set up"],
  sim: ["SIM_ERROR", "whose", "SIM is not ready yet. Check that one is inserted"],
  searching: ["NOT_REGISTERED", "which", "has found no network yet. Check antenna, SIM and coverage"],
  connecting: ["NO_CONNECTION", "whose", "data connection is not up yet. Check APN, user and password"],
};

/** Errors that do not go away with time: waiting for the timeout would be pointless. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set(["SIM_ERROR", "NOT_SUPPORTED", "INVALID_INPUT"]);

/** Those who wait for a modem to come up. */
export class Readiness {
  readonly #port: string;
  readonly #waiters = new Set<Waiter>();
  #situation: Situation = { state: "closed", error: undefined, line: false, registered: false };

  constructor(port: string) {
    this.#port = port;
  }

  update(change: Partial<Situation>): void {
    this.#situation = { ...this.#situation, ...change };
    for (const waiter of [...this.#waiters]) this.#settle(waiter);
  }

  /** What keeps the modem from being ready now. */
  explain(): NotReadyError {
    const { state, error, line } = this.#situation;
    if (error instanceof NotReadyError) return error;
    if (error !== undefined) {
      return new NotReadyError(error.code, error.message, `which is not ready: ${error.message}`, error.cause);
    }
    const stage = state === "ready" ? (line ? "searching" : "recovering") : state;
    const [code, pronoun, words] = REASONS[stage];
    const sentence = `${pronoun === "which" ? "it" : "its"} ${words}.`;
    return new NotReadyError(
      code,
      `The modem on ${shortPort(this.#port)} is not ready: ${sentence}`,
      `${pronoun} ${words}.`,
    );
  }

  wait(goal: Goal, { timeout, signal }: ReadyOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      const waiter: Waiter = {
        goal,
        succeed: () => {
          leave();
          resolve();
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      const onAbort = (): void => waiter.fail(signal?.reason);
      const timer = setTimeout(() => waiter.fail(this.explain()), timeout);
      this.#waiters.add(waiter);
      if (signal?.aborted === true) return onAbort();
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#settle(waiter);
    });
  }

  #settle(waiter: Waiter): void {
    const { state, error, line, registered } = this.#situation;
    const reached = line && (waiter.goal === "line" || (state === "ready" && registered));
    const hopeless = state === "closed" || (error !== undefined && HOPELESS.has(error.code));
    if (reached) waiter.succeed();
    else if (hopeless) waiter.fail(this.explain());
  }
}
