import type { Modem } from "../../modem";
import type { UserData } from "./user-data";

export const STORES = ["ME", "SM"] as const;
export type StoreName = (typeof STORES)[number];
/** Messages that a store has room for. */
export const ROOM = 255;

/** By <stat> of PDU mode (27.005 3.1). */
export const STATES = ["REC UNREAD", "REC READ", "STO UNSENT", "STO SENT"] as const;
export type MessageState = (typeof STATES)[number];

export interface Message {
  readonly state: MessageState;
  /** Of the sender, or of the receiver of one that was written here. */
  readonly number: string;
  /** When the service centre had it, as +CCLK writes it; empty for one that was written here. */
  readonly time: string;
  readonly data: UserData;
}

type Stored = Readonly<Record<string, Message>>;

const KEY = "messages.";

/** A message store, kept in NVM. */
export class MessageStore {
  readonly #modem: Modem;
  readonly name: StoreName;

  constructor(modem: Modem, name: StoreName) {
    this.#modem = modem;
    this.name = name;
  }

  get used(): number {
    return this.all().length;
  }

  all(): [index: number, message: Message][] {
    const entries = Object.entries(this.#stored).map(([index, message]): [number, Message] => [Number(index), message]);
    return entries.sort(([left], [right]) => left - right);
  }

  at(index: number): Message | undefined {
    return this.#stored[index];
  }

  /** At the lowest free index; undefined when it is full. */
  add(message: Message): number | undefined {
    const stored = this.#stored;
    const free = Array.from({ length: ROOM }, (_, index) => index).find((index) => stored[index] === undefined);
    if (free !== undefined) this.put(free, message);
    return free;
  }

  put(index: number, message: Message): void {
    this.#modem.storage.set(KEY + this.name, { ...this.#stored, [index]: message });
  }

  /** Messages that were shown are read. */
  markRead(indices: readonly number[]): void {
    const stored = { ...this.#stored };
    for (const index of indices) {
      const message = stored[index];
      if (message?.state === "REC UNREAD") stored[index] = { ...message, state: "REC READ" };
    }
    this.#modem.storage.set(KEY + this.name, stored);
  }

  remove(indices: readonly number[]): void {
    const left = this.all().filter(([index]) => !indices.includes(index));
    this.#modem.storage.set(KEY + this.name, Object.fromEntries(left));
  }

  get #stored(): Stored {
    return this.#modem.storage.get<Stored>(KEY + this.name) ?? {};
  }
}

interface Choice {
  /** For reading, for writing and sending, for what comes in (27.005 3.2.2). */
  stores: [StoreName, StoreName, StoreName];
}

/** The stores that +CPMS chose. */
export function chosenStores(modem: Modem): Choice {
  return modem.service<Choice>("common.message-stores", () => ({ stores: ["ME", "ME", "ME"] }));
}

export function messageStore(modem: Modem, use: 0 | 1 | 2): MessageStore {
  return new MessageStore(modem, chosenStores(modem).stores[use]);
}
