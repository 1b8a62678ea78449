/** Between two looks, while it matters how long the line is silent. */
const LOOK_INTERVAL_MS = 500;

/** Looks at intervals: some downloads end where the modem falls silent. */
export class SilenceWatch {
  readonly #look: () => boolean;
  #timer: NodeJS.Timeout | undefined;

  /** @param look returns whether to go on */
  constructor(look: () => boolean) {
    this.#look = look;
  }

  /** Starts again, with the next look an interval from now, or ends. */
  restart(isNeeded: boolean): void {
    this.stop();
    if (!isNeeded) return;
    this.#timer = setInterval(() => {
      if (!this.#look()) this.stop();
    }, LOOK_INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
