/** What may wait for a slow receiver while the line has to be read regardless. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Hands bytes to a receiver one after the other, and stops the line while the receiver is busy. */
export class ReceiveQueue {
  readonly #receive: (bytes: Buffer) => void | Promise<void>;
  readonly #line: { pause(): void; resume(): void };
  readonly #onFault: (error: unknown) => void;
  readonly #waiting: Buffer[] = [];
  #bytes = 0;
  #busy = false;
  #paused = false;
  #eager = false;
  #isFree = false;
  #whenDone: (() => void) | undefined;

  constructor(
    receive: (bytes: Buffer) => void | Promise<void>,
    line: { pause(): void; resume(): void },
    onFault: (error: unknown) => void,
  ) {
    this.#receive = receive;
    this.#line = line;
    this.#onFault = onFault;
  }

  /** Whether the line is stopped: its silence means nothing then. */
  get paused(): boolean {
    return this.#paused;
  }

  push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    this.#next();
  }

  /** From here on the line is stopped only when very much waits: an answer is looked for in what comes. */
  readOn(): void {
    this.#eager = true;
    this.#flow();
  }

  /** From here on the line is not stopped at all: what it carries is answers to others. */
  freeLine(): void {
    this.#isFree = true;
    this.#flow();
  }

  /** Calls back when the receiver has had everything. */
  finish(then: () => void): void {
    this.#whenDone = then;
    this.freeLine();
    this.#next();
  }

  #next(): void {
    while (!this.#busy) {
      const bytes = this.#waiting.shift();
      if (bytes === undefined) break;
      this.#bytes -= bytes.length;
      this.#hand(bytes);
    }
    this.#flow();
    if (this.#busy) return;
    const then = this.#whenDone;
    this.#whenDone = undefined;
    then?.();
  }

  #hand(bytes: Buffer): void {
    try {
      const received = this.#receive(bytes);
      if (received === undefined) return;
      this.#busy = true;
      received.catch(this.#onFault).finally(() => {
        this.#busy = false;
        this.#next();
      });
    } catch (error) {
      this.#onFault(error);
    }
  }

  #flow(): void {
    const paused = this.#busy && !this.#isFree && (!this.#eager || this.#bytes > MAX_WAITING_BYTES);
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#line.pause();
    else this.#line.resume();
  }
}
