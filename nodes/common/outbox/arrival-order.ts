/** Lets what takes unequal time to prepare, such as a template, go on in the order in which it came. */
export class ArrivalOrder {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * `then` begins when `work` is done and that of everything that came before has begun; nobody waits for its end, so
   * that many can be written together. What fails holds up nothing.
   */
  next<T, R>(work: Promise<T>, then: (value: T) => Promise<R>): Promise<R> {
    const before = this.#last;
    const begun = work.then(async (value) => {
      await before;
      return { done: then(value) };
    });
    this.#last = begun.then(
      () => before,
      () => before,
    );
    return begun.then(({ done }) => done);
  }
}
