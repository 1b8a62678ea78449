import type { Node } from "node-red";

/** ms for which a modem stays open without a user: a deployed flow comes back within that, and the modem is kept. */
const LINGER = 1000;

/** The flow nodes of a modem. The modem is open while there are some. */
export class Users {
  readonly byId: Record<string, Node> = {};
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly open: () => void,
    private readonly close: () => void,
  ) {}

  register(user: Node): void {
    const lingering = this.timer !== undefined;
    this.stop();
    const first = Object.keys(this.byId).length === 0;
    this.byId[user.id] = user;
    if (first && !lingering) this.open();
  }

  deregister(user: Node): void {
    if (this.byId[user.id] !== user) return;
    delete this.byId[user.id];
    if (Object.keys(this.byId).length > 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.close();
    }, LINGER);
    this.timer.unref();
  }

  /** The modem is closed for good: nothing is pending any more. */
  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
