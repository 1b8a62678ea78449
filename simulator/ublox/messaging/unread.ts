import type { Modem } from "../../modem";

/** More would fill the memory of this process; nobody knows how many fit into the module's. */
const MOST = 1000;

/** Messages that arrived and were not read; they are lost at a reboot. */
export class UnreadMessages<Message> {
  readonly #modem: Modem;
  readonly #urc: string;
  #messages: Message[] = [];

  /** @param urc what announces them, without their number */
  constructor(modem: Modem, urc: string) {
    this.#modem = modem;
    this.#urc = urc;
  }

  get count(): number {
    return this.#messages.length;
  }

  add(message: Message): void {
    if (this.count >= MOST) return;
    this.#messages.push(message);
    this.announce();
  }

  /** The first one, or all. */
  take(all: boolean): readonly Message[] {
    return this.#messages.splice(0, all ? this.count : 1);
  }

  /** On arrival, and after a read that left some. */
  announce(): void {
    if (this.count > 0) this.#modem.urc(`${this.#urc},${this.count}`);
  }
}
