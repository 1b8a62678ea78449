import type { Node } from "node-red";

/** ms for which a modem stays open without a user: a deployed flow comes back within that, and the modem is kept. */
const LINGER = 1000;

/** The flow nodes of a modem. The modem is open while there are some. */
export class Users {
  readonly #open: () => void;
  readonly #close: () => void;
  readonly byId: Record<string, Node> = {};
  #timer: NodeJS.Timeout | undefined;
  /** Defined once the modem is to be closed for good. */
  #allGone: (() => void) | undefined;

  constructor(open: () => void, close: () => void) {
    this.#open = open;
    this.#close = close;
  }

  register(user: Node): void {
    const lingering = this.#timer !== undefined;
    this.#stopTimer();
    const first = Object.keys(this.byId).length === 0;
    this.byId[user.id] = user;
    if (first && !lingering) this.#open();
  }

  deregister(user: Node): void {
    if (this.byId[user.id] !== user) return;
    delete this.byId[user.id];
    if (Object.keys(this.byId).length > 0) return;
    if (this.#allGone !== undefined) {
      this.#allGone();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#close();
    }, LINGER);
    this.#timer.unref();
  }

  /**
   * Before the modem is closed for good: resolves when the last user has gone, since what they close on the modem, such
   * as connections, needs it.
   */
  end(): Promise<void> {
    this.#stopTimer();
    return new Promise((resolve) => {
      this.#allGone = resolve;
      if (Object.keys(this.byId).length === 0) resolve();
    });
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
