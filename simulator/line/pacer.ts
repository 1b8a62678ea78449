import { nextTurn, now, stopWait, wait } from "../clock";

/** This close to the end of a message, poll in every turn of the event loop: timers are no finer than a millisecond. */
const POLLING_MS = 2.5;
/** Between portions of a long stream. */
const PORTION_MS = 2;
/** Bytes that are delivered in one turn of the event loop, which others wait for, by a line that is not paced. */
const TURN = 16 * 1024;
/** bits on an 8N1 line for one byte */
const BITS_PER_BYTE = 10;

/** When the bytes of a portion arrived: the first at `first`, each of the others `step` ms later. */
export interface Arrival {
  readonly first: number;
  readonly step: number;
}

/** Takes a portion; `false` stops the pacer until `resume`. */
export type Deliver = (bytes: Buffer, arrival: Arrival) => boolean;

/**
 * One direction of a serial line. Each byte has a due time that follows from the rate alone, so timers that fire late
 * delay a portion but never lower the rate, and nothing goes out before its time.
 */
export class Pacer {
  readonly #deliver: Deliver;
  readonly #queue: Buffer[] = [];
  #step = 0;
  /** When the first bit of the oldest byte in the queue began, or the line became idle. */
  #begin = 0;
  #bytes = 0;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #scheduled = false;
  readonly #whenLower: { readonly limit: number; readonly resolve: () => void }[] = [];

  constructor(deliver: Deliver) {
    this.#deliver = deliver;
  }

  /** bit/s; 0 does not pace. */
  setRate(baud: number): void {
    this.#step = baud === 0 ? 0 : (BITS_PER_BYTE * 1000) / baud;
  }

  get backlog(): number {
    return this.#bytes;
  }

  /**
   * Queues bytes that were ready at `from`.
   * @returns the time at which the last of them will have been sent
   */
  write(bytes: Buffer, from = now()): number {
    if (bytes.length > 0) {
      if (this.#bytes === 0) this.#begin = Math.max(this.#begin, from);
      this.#queue.push(bytes);
      this.#bytes += bytes.length;
      this.#schedule();
    }
    return this.#begin + this.#bytes * this.#step;
  }

  /** Resolves when at most `limit` bytes wait. */
  lower(limit: number): Promise<void> {
    if (this.#bytes <= limit) return Promise.resolve();
    return new Promise((resolve) => this.#whenLower.push({ limit, resolve }));
  }

  resume(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#begin = Math.max(this.#begin, now());
    this.#schedule();
  }

  /** Discards what waits, as when the plug is pulled. */
  clear(): void {
    this.#queue.length = 0;
    this.#bytes = 0;
    this.#stopped = false;
    this.#begin = now();
    this.#wake();
  }

  /** @param more this is the rest of what could not be delivered in this turn */
  #schedule(more = false): void {
    if (this.#scheduled || this.#stopped || this.#bytes === 0) return;
    this.#scheduled = true;
    const run = () => {
      this.#scheduled = false;
      this.#run();
    };
    if (this.#step === 0) {
      if (more) nextTurn(run);
      else queueMicrotask(run);
      return;
    }
    const remaining = this.#begin + this.#bytes * this.#step - now();
    if (remaining <= POLLING_MS) nextTurn(run);
    else {
      stopWait(this.#timer);
      this.#timer = wait(run, Math.min(PORTION_MS, remaining - POLLING_MS + 0.5));
    }
  }

  #run(): void {
    const due = this.#due();
    if (due > 0) {
      const portion = this.#take(due);
      const arrival = { first: this.#begin + this.#step, step: this.#step };
      this.#begin += due * this.#step;
      this.#stopped = !this.#deliver(portion, arrival);
      this.#wake();
    }
    this.#schedule(due > 0);
  }

  /** Sends the end of a message in one piece: single bytes would take too many turns. */
  #due(): number {
    if (this.#step === 0) return Math.min(this.#bytes, TURN);
    const elapsed = now() - this.#begin;
    if (elapsed >= this.#bytes * this.#step) return this.#bytes;
    const through = Math.floor(elapsed / this.#step);
    return (this.#bytes - through) * this.#step <= POLLING_MS ? 0 : through;
  }

  #take(count: number): Buffer {
    const portion: Buffer[] = [];
    let missing = count;
    while (missing > 0) {
      const head = this.#queue[0];
      if (head === undefined) break;
      if (head.length > missing) {
        portion.push(head.subarray(0, missing));
        this.#queue[0] = head.subarray(missing);
        missing = 0;
      } else {
        portion.push(head);
        this.#queue.shift();
        missing -= head.length;
      }
    }
    this.#bytes -= count;
    return portion.length === 1 && portion[0] !== undefined ? portion[0] : Buffer.concat(portion);
  }

  #wake(): void {
    for (let i = this.#whenLower.length - 1; i >= 0; i--) {
      const waiter = this.#whenLower[i];
      if (waiter !== undefined && this.#bytes <= waiter.limit) {
        this.#whenLower.splice(i, 1);
        waiter.resolve();
      }
    }
  }
}
