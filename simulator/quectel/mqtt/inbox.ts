import type { ReceivedMessage } from "../../internet/mqtt/types";
import type { Modem } from "../../modem";
import { mqttFaults } from "./faults";
import { mqttSettings } from "./settings";

/** Messages of one client that wait to be read (AT facts 6). */
const SLOTS = 5;

/** Hands messages to the host: in the URC, or one after the other when it asks. */
export class Inbox {
  readonly #modem: Modem;
  readonly #id: number;
  readonly #slots: (ReceivedMessage | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
  /** Slots in the order in which they were filled. */
  #filled: readonly number[] = [];

  constructor(modem: Modem, id: number) {
    this.#modem = modem;
    this.#id = id;
  }

  add(message: ReceivedMessage): void {
    if (this.#mode.buffered) this.#keep(message);
    else void this.#modem.push(...this.#line(message));
  }

  /** 1 for a slot that holds a message. */
  get status(): readonly number[] {
    return this.#slots.map((slot) => (slot === undefined ? 0 : 1));
  }

  /** The parts of the line of that slot, or of every one; none for an empty slot. */
  take(slot?: number): readonly (string | Buffer)[][] {
    const wanted = slot === undefined ? this.#filled : this.#filled.filter((one) => one === slot);
    this.#filled = this.#filled.filter((one) => !wanted.includes(one));
    return wanted.flatMap((one) => {
      const message = this.#slots[one];
      this.#slots[one] = undefined;
      return message === undefined ? [] : [this.#line(message)];
    });
  }

  /** When all slots are taken, the oldest message is lost. */
  #keep(message: ReceivedMessage): void {
    const free = this.#slots.indexOf(undefined);
    const slot = free < 0 ? (this.#filled[0] ?? 0) : free;
    this.#slots[slot] = message;
    this.#filled = [...this.#filled.filter((one) => one !== slot), slot];
    this.#modem.urc(`+QMTRECV: ${this.#id},${slot}`);
  }

  #line({ messageId, topic, payload }: ReceivedMessage): (string | Buffer)[] {
    const { counted } = this.#mode;
    const quote = counted || !mqttFaults(this.#modem).unquoted ? '"' : "";
    const length = counted ? `,${payload.length}` : "";
    return [`+QMTRECV: ${this.#id},${messageId},"`, Buffer.from(topic), `"${length},${quote}`, payload, quote];
  }

  get #mode(): { readonly buffered: boolean; readonly counted: boolean } {
    const [buffered, counted] = mqttSettings(this.#modem, this.#id).numbers("recv/mode");
    const { old } = mqttFaults(this.#modem);
    return { buffered: !old && buffered === 1, counted: !old && counted === 1 };
  }
}
