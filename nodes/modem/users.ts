import type { Node } from "node-red";
import { deferred } from "../common/deferred";

/** How long a modem stays open without users: a redeployed flow returns within this time and finds it open. */
const CLOSE_DELAY_MS = 1000;

/** The flow nodes of a modem, which is open while it has any. */
export class Users {
  readonly #open: () => void;
  readonly #close: () => void;
  readonly byId: Record<string, Node> = {};
  readonly #releases = new Map<string, () => void>();
  /** Config nodes that still say goodbye to somebody through the modem. */
  readonly #holds = new Set<symbol>();
  #timer: NodeJS.Timeout | undefined;
  /** Set once the modem is to close for good. */
  #allGone: (() => void) | undefined;

  constructor(open: () => void, close: () => void) {
    this.#open = open;
    this.#close = close;
  }

  /** @param release ends what the user has of the modem, and deregisters it */
  register(user: Node, release: () => void): void {
    const lingering = this.#timer !== undefined;
    this.#stopTimer();
    const wasUsed = this.#isUsed();
    this.byId[user.id] = user;
    this.#releases.set(user.id, release);
    if (!wasUsed && !lingering) this.#open();
  }

  deregister(user: Node): void {
    if (this.byId[user.id] !== user) return;
    delete this.byId[user.id];
    this.#releases.delete(user.id);
    this.#closeUnlessUsed();
  }

  /**
   * Keeps the modem from closing, for a config node: it is no user, whose flow would get the modem's errors.
   *
   * @returns a function that gives it free
   */
  hold(): () => void {
    const hold = Symbol("hold");
    this.#holds.add(hold);
    return () => {
      if (this.#holds.delete(hold)) this.#closeUnlessUsed();
    };
  }

  #closeUnlessUsed(): void {
    if (this.#isUsed()) return;
    if (this.#allGone !== undefined) {
      this.#allGone();
      return;
    }
    this.#stopTimer();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#close();
    }, CLOSE_DELAY_MS);
    this.#timer.unref();
  }

  /**
   * Resolves when the last user has gone, so that users can close their connections before the modem closes for good.
   * Those that Node-RED closes as well go by themselves. The others are released: Node-RED leaves a node alone that has
   * the modem's id from an environment variable.
   */
  end(): Promise<void> {
    this.#stopTimer();
    const { promise, resolve } = deferred<void>();
    this.#allGone = resolve;
    if (!this.#isUsed()) resolve();
    // By then Node-RED has begun to close every node that it closes.
    else setImmediate(() => this.#releaseAll());
    return promise;
  }

  #isUsed(): boolean {
    return Object.keys(this.byId).length > 0 || this.#holds.size > 0;
  }

  #releaseAll(): void {
    for (const release of this.#releases.values()) release();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
