import { now } from "../../at/clock";

/** Without a byte for so long, the stream steps out for others: about what the guard time costs. */
const QUIET_MS = 1000;
/** Longest wait of others while the stream is never quiet: of urgent and normal commands, and of the background. */
const MAX_WAIT_MS = { normal: 5000, background: 300_000 } as const;
/** Between two times that the stream steps out for the background. */
const BACKGROUND_INTERVAL_MS = 10_000;

/** When a stream in data mode steps out of it for others. */
export class StepOutPlan {
  readonly #now: () => number;
  /** When others began to wait: urgent and normal commands, and those of the background. */
  #normalSince: number | undefined;
  #backgroundSince: number | undefined;
  /** Whether the last time out was for the background, and until when there is none for it. */
  #wasForBackground = false;
  #noBackgroundBefore = Number.NEGATIVE_INFINITY;

  constructor(clock: () => number = now) {
    this.#now = clock;
  }

  /** Whether others wait for the line. */
  get isWanted(): boolean {
    return this.#normalSince !== undefined || this.#backgroundSince !== undefined;
  }

  /**
   * When it is time, by the clock: it moves with every byte; `Infinity` while no command waits.
   *
   * @param idle ms since a byte went either way
   */
  dueAt(idle: number): number {
    const quiet = this.#now() - idle + QUIET_MS;
    const never = Number.POSITIVE_INFINITY;
    const { normal, background } = MAX_WAIT_MS;
    const forNormal = this.#normalSince === undefined ? never : Math.min(this.#normalSince + normal, quiet);
    const forBackground =
      this.#backgroundSince === undefined ? never : Math.min(this.#backgroundSince + background, quiet);
    return Math.min(forNormal, Math.max(forBackground, this.#noBackgroundBefore));
  }

  /** Others begin to wait: urgent and normal commands or, `isPatient`, those of the background. */
  wanted(isPatient: boolean): void {
    if (isPatient) this.#backgroundSince = this.#now();
    else this.#normalSince = this.#now();
  }

  /** The stream steps out, for all who wait. */
  stepsOut(): void {
    this.#wasForBackground = this.#backgroundSince !== undefined;
  }

  /** Data mode is over, and the line is theirs. */
  left(): void {
    this.#normalSince = undefined;
    this.#backgroundSince = undefined;
  }

  /** The stream has entered again. */
  entered(): void {
    if (this.#wasForBackground) this.#noBackgroundBefore = this.#now() + BACKGROUND_INTERVAL_MS;
    this.#wasForBackground = false;
  }
}
