import type { Delivery } from "../../services/mqtt/mqtt";

/** Hands a message over; resolves when its receiver takes more. Never fails. */
type Deliver = (message: Delivery) => void | Promise<void>;

/** Beside topic and payload, so that many empty messages count as well. */
const OVERHEAD = 64;

/** Messages in order of arrival. The modem can't be held up while their receiver is busy: they wait here. */
export class Inbox {
  readonly #deliver: Deliver;
  readonly #waiting: Delivery[] = [];
  #bytes = 0;
  /** Until it is opened, and while the receiver is busy. */
  #isHeld = true;

  constructor(deliver: Deliver) {
    this.#deliver = deliver;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  open(): void {
    this.#isHeld = false;
    this.#next();
  }

  add(message: Delivery): void {
    this.#waiting.push(message);
    this.#bytes += sizeOf(message);
    this.#next();
  }

  /** Hands over what is left, whether the receiver is busy or not: nothing comes any more. */
  flush(): void {
    this.#isHeld = true;
    for (const message of this.#takeAll()) void this.#deliver(message);
  }

  clear(): void {
    this.#isHeld = true;
    this.#takeAll();
  }

  #next(): void {
    while (!this.#isHeld) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      this.#bytes -= sizeOf(message);
      const taken = this.#deliver(message);
      if (taken !== undefined) this.#hold(taken);
    }
  }

  #hold(taken: Promise<void>): void {
    this.#isHeld = true;
    void taken.then(() => this.open());
  }

  #takeAll(): Delivery[] {
    this.#bytes = 0;
    return this.#waiting.splice(0);
  }
}

function sizeOf({ topic, payload }: Delivery): number {
  return topic.length + payload.length + OVERHEAD;
}
