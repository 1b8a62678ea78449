import type { ModemError } from "../../driver/errors";
import type { ModemState } from "../../driver/modem-types";

/**
 * Reports each kind of problem once per outage: retries that fail the same way for days must not fill the log, but a
 * second, different problem (the cable is back, the SIM is not) must be reported.
 */
export class OutageReporter {
  readonly #report: (error: ModemError) => void;
  readonly #recovered: () => void;
  readonly #told = new Set<string>();

  constructor(report: (error: ModemError) => void, recovered: () => void) {
    this.#report = report;
    this.#recovered = recovered;
  }

  onState(state: ModemState, error: ModemError | undefined): void {
    if (error !== undefined && !this.#told.has(error.code)) {
      this.#told.add(error.code);
      this.#report(error);
    }
    if (state === "ready" && this.#told.size > 0) {
      this.#told.clear();
      this.#recovered();
    }
  }
}
