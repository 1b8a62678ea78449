/** How often is looked while it matters how long the line is silent, in ms. */
const INTERVAL = 500;

/** Looks at intervals, for some downloads end where the modem falls silent. */
export class SilenceWatch {
  readonly #look: () => boolean;
  #timer: NodeJS.Timeout | undefined;

  /** @param look returns whether to go on */
  constructor(look: () => boolean) {
    this.#look = look;
  }

  /** Begins anew, with the next look an interval from now, or ends. */
  restart(isNeeded: boolean): void {
    this.stop();
    if (!isNeeded) return;
    this.#timer = setInterval(() => {
      if (!this.#look()) this.stop();
    }, INTERVAL);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
