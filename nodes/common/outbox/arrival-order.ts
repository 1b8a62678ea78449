/** Lets what takes unequal time to prepare, such as a template, go on in the order in which it came. */
export class ArrivalOrder {
  #last: Promise<unknown> = Promise.resolve();

  /** `then` begins when `work` is done and everything that came before has gone on; what fails holds up nothing. */
  next<T, R>(work: Promise<T>, then: (value: T) => Promise<R>): Promise<R> {
    const before = this.#last;
    const done = work.then(async (value) => {
      await before;
      return then(value);
    });
    this.#last = done.then(
      () => before,
      () => before,
    );
    return done;
  }
}
