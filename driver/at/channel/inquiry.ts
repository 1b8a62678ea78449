import { now } from "../clock";
import type { FinalResult } from "../final-results";

/** A command that fails this soon, in ms, after `AT` was sent while it ran may have been broken off by it. */
const BREAKS_OFF_WITHIN_MS = 2000;

/**
 * What came since a command was silent for so long that `AT` was sent while it is in flight.
 *
 * A modem answers one thing after the other. Its answer to `AT` shows that it is done with the command, whose own answer
 * was lost, unless a result came in front of that. One that is busy says nothing, or breaks the command off
 * (V.250 5.6.1), and what it was sent meanwhile it takes afterwards or not at all.
 */
export class Inquiry {
  /** When each `AT` was written, by `now()`. */
  readonly #sentAt: number[] = [];
  #echoes = 0;
  readonly #results: { readonly result: FinalResult; readonly at: number }[] = [];
  /** Whether the first result came ahead of every echo of `AT`, behind that of the command. */
  #isAhead = false;

  get hasBegun(): boolean {
    return this.#sentAt.length > 0;
  }

  /** When those `AT` were written whose results may still come. */
  get owed(): readonly number[] {
    const answered = this.#own === undefined ? this.#results.length : this.#results.length - 1;
    return this.#sentAt.slice(answered);
  }

  sent(): void {
    this.#sentAt.push(now());
  }

  echoed(): void {
    this.#echoes += 1;
  }

  /** @param isMarked whether the command's own echo was seen: then that of `AT` would stand ahead of its result */
  took(result: FinalResult, isMarked: boolean): void {
    if (this.#results.length === 0) this.#isAhead = isMarked && this.#echoes === 0;
    this.#results.push({ result, at: now() });
  }

  /** Whether it is certain by now whose the first result is. */
  get isCertain(): boolean {
    return this.#isAhead;
  }

  /** The command's own result; undefined while, or if, all results may be those of `AT`. */
  get outcome(): FinalResult | undefined {
    return this.#own?.result;
  }

  /** Whether the command failed so soon after it was tried that this may be why. */
  get wasBrokenOff(): boolean {
    const own = this.#own;
    const [first = Number.POSITIVE_INFINITY] = this.#sentAt;
    return own !== undefined && !own.result.success && own.at - first < BREAKS_OFF_WITHIN_MS;
  }

  get #own() {
    // A modem that echoes what it takes only later echoes in order; another one has answered all that it was sent.
    const needed = 1 + (this.#echoes > 0 ? this.#echoes : this.#sentAt.length);
    const [first] = this.#results;
    return this.#isAhead || this.#results.length >= needed ? first : undefined;
  }
}
