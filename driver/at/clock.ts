/** Monotonic time in ms; the wall clock may jump. */
export function now(): number {
  return performance.now();
}

/** Timers count whole milliseconds: they fire a fraction of one early or, on a busy machine, some late. */
const TIMER_MARGIN_MS = 1;

/** Calls back when a moment has come that may move while it is waited for. */
export class MovableTimer {
  #stopTimer: (() => void) | undefined;

  get running(): boolean {
    return this.#stopTimer !== undefined;
  }

  /**
   * Calls `then` as soon as `ends()` has passed: at once, in the same tick, when it has already.
   *
   * The last one or two milliseconds are spent in the event loop, so that a pause of 20 ms, which a transfer makes a
   * thousand times, is not one of 21.
   */
  start(ends: () => number, then: () => void): void {
    this.stop();
    const check = (): void => {
      const left = ends() - now();
      this.#stopTimer = undefined;
      if (left <= 0) then();
      else if (left >= TIMER_MARGIN_MS + 1) {
        const timer = setTimeout(check, Math.floor(left) - TIMER_MARGIN_MS);
        this.#stopTimer = () => clearTimeout(timer);
      } else {
        const immediate = setImmediate(check);
        this.#stopTimer = () => clearImmediate(immediate);
      }
    };
    check();
  }

  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }
}

/** A time limit that can be moved without a new timer each time. */
export class ExtendableTimeout {
  readonly #onExpired: () => void;
  #end = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(onExpired: () => void) {
    this.#onExpired = onExpired;
  }

  /** Expires in `ms` from now, whatever was set before. */
  start(ms: number): void {
    this.stop();
    this.#end = now() + ms;
    this.#arm();
  }

  /** Gives `ms` more. */
  extend(ms: number): void {
    this.#end += ms;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer = setTimeout(() => this.#check(), Math.ceil(this.#end - now()));
  }

  #check(): void {
    if (now() < this.#end) this.#arm();
    else {
      this.#timer = undefined;
      this.#onExpired();
    }
  }
}

/** ms that so many bytes take on the line; 0 where nothing paces it. */
export function lineTime(bytes: number, bytesPerSecond: number | undefined): number {
  return bytesPerSecond === undefined ? 0 : (bytes * 1000) / bytesPerSecond;
}

/** 9600 baud: the slowest rate that +IPR takes, and what a line of unknown rate may turn out to be. */
const SLOWEST_BYTES_PER_SECOND = 960;

/** Longest time that bytes may need on a line, in ms: half as much again as they take, for pauses of flow control. */
export function transferTime(bytes: number, bytesPerSecond: number | undefined): number {
  return Math.ceil(1.5 * lineTime(bytes, bytesPerSecond ?? SLOWEST_BYTES_PER_SECOND));
}
