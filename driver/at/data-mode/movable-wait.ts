import { MovableTimer } from "../clock";

/** A moment to wait for that may move; one that came earlier is seen with `recheck`. One waits at a time. */
export class MovableWait {
  readonly #pause = new MovableTimer();
  #check: () => void = () => undefined;

  /** Resolves when `ends()`, by `now()`, has passed. */
  wait(ends: () => number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#check = () => undefined;
        resolve();
      };
      this.#check = () => this.#pause.start(ends, done);
      this.#check();
    });
  }

  recheck(): void {
    this.#check();
  }
}
