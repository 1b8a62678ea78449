import type { Portion } from "../input-queue";

const LINE_FEED = 0x0a;
/** ms; sooner after a carriage return, a line feed by itself was written with it: no host has seen a prompt by then. */
const WRITTEN_TOGETHER_MS = 20;

/**
 * The line feed of a host that ends its lines with CR LF. Behind a line that opens a prompt or data mode it would be the
 * first byte of the data; real modems drop it. Once, and only where it can't be data: data come after the prompt.
 */
export class TrailingLineFeed {
  #carriageReturn: number | undefined;
  #opened = Number.POSITIVE_INFINITY;

  /** A command line ended, at that time, with CR; `undefined`: otherwise. */
  lineEnded(at: number | undefined): void {
    this.#carriageReturn = at;
    this.#opened = Number.POSITIVE_INFINITY;
  }

  /** A prompt or `CONNECT` has gone out completely at that time. */
  opened(at: number): void {
    this.#opened = Math.min(this.#opened, at);
  }

  /**
   * The portion without the line feed.
   * @param early it came before the prompt or `CONNECT` was printed
   * @param wanted bytes that the prompt waits for
   */
  strip(portion: Portion, early: boolean, wanted: number): Portion {
    const { bytes, arrival } = portion;
    const ended = this.#carriageReturn;
    if (ended === undefined || bytes.length === 0) return portion;
    this.#carriageReturn = undefined;
    if (bytes[0] !== LINE_FEED) return portion;
    // A paced line tells by the time.
    const before = early || arrival.first < this.#opened;
    const together = bytes.length === 1 && wanted > 1 && arrival.first - ended <= WRITTEN_TOGETHER_MS;
    if (!before && !together) return portion;
    return { bytes: bytes.subarray(1), arrival: { first: arrival.first + arrival.step, step: arrival.step } };
  }
}
