import type { ReceivedMessage } from "../../internet/mqtt/types";
import type { Modem } from "../../modem";

/** More would fill the memory of this process; nobody knows how many fit into the module's. */
const MOST = 1000;

/** Messages that arrived and were not read; they are lost at a reboot. */
export class UnreadMessages {
  readonly #modem: Modem;
  #messages: ReceivedMessage[] = [];

  constructor(modem: Modem) {
    this.#modem = modem;
  }

  get count(): number {
    return this.#messages.length;
  }

  add(message: ReceivedMessage): void {
    if (this.count >= MOST) return;
    this.#messages.push(message);
    this.announce();
  }

  /** The first one, or all. */
  take(all: boolean): readonly ReceivedMessage[] {
    return this.#messages.splice(0, all ? this.count : 1);
  }

  /** On arrival, and after a read that left some. */
  announce(): void {
    if (this.count > 0) this.#modem.urc(`+UUMQTTC: 6,${this.count}`);
  }
}
