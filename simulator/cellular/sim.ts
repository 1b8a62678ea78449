import { CommandError } from "../line/command-error";
import type { Storage } from "../storage";

const PIN_TRIES = 3;
const PUK_TRIES = 10;
/** The PUK of every simulated SIM. */
export const PUK = "12345678";
/** The PIN of a SIM that does not ask for it. */
const WITHOUT_PIN = "0000";
const SIM_NOT_INSERTED = 10;
const SIM_PIN_REQUIRED = 11;
const SIM_PUK_REQUIRED = 12;
const INCORRECT_PASSWORD = 16;
const STORED = "sim";

/** +CPIN's words, or `absent`. */
export type SimState = "READY" | "SIM PIN" | "SIM PUK" | "absent";

interface Stored {
  /** The PIN it was made with: a different one means a different SIM. */
  readonly made: string;
  readonly pin: string;
  readonly locked: boolean;
  readonly pinTries: number;
  readonly pukTries: number;
}

/** The SIM: its PIN, the remaining tries, and whether it is inserted. */
export class SimCard {
  readonly #storage: Storage;
  readonly #pin: string;
  #inserted = true;
  #verified = false;
  readonly #listeners = new Set<() => void>();

  /** @param pin empty: the SIM asks for none; 0000 then locks it */
  constructor(storage: Storage, pin: string) {
    this.#storage = storage;
    this.#pin = pin;
  }

  get state(): SimState {
    if (!this.#inserted) return "absent";
    const { locked, pinTries } = this.#stored;
    if (pinTries === 0) return "SIM PUK";
    return locked && !this.#verified ? "SIM PIN" : "READY";
  }

  get locked(): boolean {
    return this.#stored.locked;
  }

  get tries(): { pin: number; puk: number } {
    return { pin: this.#stored.pinTries, puk: this.#stored.pukTries };
  }

  /** @throws {CommandError} the answer to a command that needs the SIM, while it can't be used */
  require(): void {
    const { state } = this;
    if (state === "absent") throw new CommandError(SIM_NOT_INSERTED);
    if (state === "SIM PIN") throw new CommandError(SIM_PIN_REQUIRED);
    if (state === "SIM PUK") throw new CommandError(SIM_PUK_REQUIRED);
  }

  /** @throws {CommandError} wrong PIN: one try fewer */
  enterPin(pin: string): void {
    if (this.state === "absent") throw new CommandError(SIM_NOT_INSERTED);
    if (this.state === "SIM PUK") throw new CommandError(SIM_PUK_REQUIRED);
    this.#verify(pin);
    this.#verified = true;
    this.#changed();
  }

  /** @throws {CommandError} wrong PUK: one try fewer */
  unblock(puk: string, pin: string): void {
    if (this.state === "absent") throw new CommandError(SIM_NOT_INSERTED);
    const { pukTries } = this.#stored;
    if (puk !== PUK || pukTries === 0) {
      this.#store({ pukTries: Math.max(0, pukTries - 1) });
      throw new CommandError(INCORRECT_PASSWORD);
    }
    this.#store({ pin, pinTries: PIN_TRIES, pukTries: PUK_TRIES });
    this.#verified = true;
    this.#changed();
  }

  /** Turns the PIN request on or off. @throws {CommandError} */
  lock(on: boolean, pin: string): void {
    this.require();
    this.#verify(pin);
    this.#verified = true;
    this.#store({ locked: on });
  }

  /** @throws {CommandError} */
  changePin(before: string, after: string): void {
    this.require();
    if (!this.locked) throw new CommandError(3);
    this.#verify(before);
    this.#store({ pin: after });
  }

  powerUp(): void {
    this.#verified = false;
  }

  insert(inserted: boolean): void {
    if (this.#inserted === inserted) return;
    this.#inserted = inserted;
    this.#verified = false;
    this.#changed();
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #verify(pin: string): void {
    const stored = this.#stored;
    if (pin === stored.pin) {
      this.#store({ pinTries: PIN_TRIES });
      return;
    }
    this.#store({ pinTries: stored.pinTries - 1 });
    throw new CommandError(stored.pinTries === 1 ? SIM_PUK_REQUIRED : INCORRECT_PASSWORD);
  }

  get #stored(): Stored {
    const stored = this.#storage.get<Stored>(STORED);
    if (stored?.made === this.#pin) return stored;
    const pin = this.#pin || WITHOUT_PIN;
    return { made: this.#pin, pin, locked: this.#pin !== "", pinTries: PIN_TRIES, pukTries: PUK_TRIES };
  }

  #store(change: Partial<Stored>): void {
    this.#storage.set(STORED, { ...this.#stored, ...change });
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
