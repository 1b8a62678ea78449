/** Passes data on to a receiver, one after the other, whichever way they came. */
export class OrderedDelivery {
  readonly #receive: (data: Buffer) => void | Promise<void>;
  readonly #mayWait: () => boolean;
  #taking: Promise<void> | undefined;
  /** Ends the waits for the receiver. */
  readonly #held = new Set<() => void>();

  /** @param mayWait whether `pass` may wait for the receiver; call `recheck` when that has changed */
  constructor(receive: (data: Buffer) => void | Promise<void>, mayWait: () => boolean) {
    this.#receive = receive;
    this.#mayWait = mayWait;
  }

  /** Until the receiver has had everything that has arrived; undefined when it has. */
  get taking(): Promise<void> | undefined {
    return this.#taking;
  }

  /** Passes on behind what came before: of another time in data mode, or read by commands. */
  pass(data: Buffer): void | Promise<void> {
    const taken = this.#taking === undefined ? this.#receive(data) : this.#taking.then(() => this.#receive(data));
    if (taken === undefined) return;
    const done = (): void => {
      if (this.#taking === taking) this.#taking = undefined;
    };
    const taking: Promise<void> = taken.then(done, done);
    this.#taking = taking;
    return new Promise((resolve, reject) => {
      this.#held.add(resolve);
      void taken.then(resolve, reject).finally(() => this.#held.delete(resolve));
      this.recheck();
    });
  }

  /** Ends the waits for the receiver, unless they may go on. */
  recheck(): void {
    if (this.#mayWait()) return;
    for (const goOn of this.#held) goOn();
    this.#held.clear();
  }
}
