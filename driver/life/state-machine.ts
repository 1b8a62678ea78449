import type { ModemError } from "../errors";
import type { ModemState } from "../modem-types";

/** The way up. `recovering` stands beside it. */
const STEPS: readonly ModemState[] = [
  "closed",
  "opening",
  "synchronising",
  "identifying",
  "sim",
  "searching",
  "connecting",
  "ready",
];

/** From here on the line to the modem works, and an outage is over. */
const LINE_WORKS = STEPS.indexOf("sim");

/**
 * Where a modem is on its way to `ready`, and what keeps it from there.
 *
 * An outage is told once: attempts to mend it stay in `recovering` until the line works again, and the same error at
 * the same step is not repeated.
 */
export class StateMachine {
  #state: ModemState = "closed";
  #error: ModemError | undefined;
  /** The step that failed: passing it takes the error back. */
  #failedStep: ModemState = "closed";
  readonly #onChange: (state: ModemState, error?: ModemError) => void;

  constructor(onChange: (state: ModemState, error?: ModemError) => void) {
    this.#onChange = onChange;
  }

  get state(): ModemState {
    return this.#state;
  }

  /** What keeps the modem from being ready. */
  get error(): ModemError | undefined {
    return this.#error;
  }

  /** A step of the way up begins, or, with `ready`, the way ends. */
  advance(state: ModemState): void {
    if (this.#state === "recovering" && STEPS.indexOf(state) < LINE_WORKS) return;
    if (this.#error !== undefined && STEPS.indexOf(state) > STEPS.indexOf(this.#failedStep)) this.#error = undefined;
    if (state === this.#state) return;
    this.#state = state;
    this.#onChange(state, this.#error);
  }

  /** The current step failed, and will be tried again. */
  fail(error: ModemError): void {
    if (this.#error !== undefined && isSame(this.#error, error) && this.#failedStep === this.#state) return;
    this.#error = error;
    this.#failedStep = this.#state;
    this.#onChange(this.#state, error);
  }

  /** The line is out of order from `step` on. */
  outage(step: ModemState, error: ModemError): void {
    const told = this.#state === "recovering" && this.#error?.code === error.code;
    this.#error = error;
    this.#failedStep = step;
    this.#state = "recovering";
    if (!told) this.#onChange("recovering", error);
  }

  /** Closed by its owner. */
  close(error: ModemError): void {
    this.#state = "closed";
    this.#error = error;
    this.#failedStep = "closed";
    this.#onChange("closed");
  }
}

function isSame(a: ModemError, b: ModemError): boolean {
  return a.code === b.code && a.message === b.message;
}
