/** Waits that double from `min` to `max`, each drawn from the upper half of its range so that many modems spread out. */
export class Backoff {
  #next: number;

  constructor(
    readonly min: number,
    readonly max: number,
    readonly random: () => number,
  ) {
    this.#next = min;
  }

  /** The next wait, in ms. */
  take(): number {
    const base = this.#next;
    this.#next = Math.min(base * 2, this.max);
    return base / 2 + (base / 2) * this.random();
  }

  reset(): void {
    this.#next = this.min;
  }
}
