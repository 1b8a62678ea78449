import { CommandError } from "../line/command-error";
import type { Storage } from "../storage";

export const PIN_TRIES = 3;
export const PUK_TRIES = 10;
/** The PUK of every simulated SIM. */
export const PUK = "12345678";
/** The PIN of a SIM that does not ask for it. */
const WITHOUT_PIN = "0000";
const OPERATION_NOT_ALLOWED = 3;
const SIM_NOT_INSERTED = 10;
const SIM_PIN_REQUIRED = 11;
const SIM_PUK_REQUIRED = 12;
const SIM_BUSY = 14;
const INCORRECT_PASSWORD = 16;
const STORED = "sim";

/** +CPIN's words, or why there are none: nothing there, or a card that boots and then answers slowly (u-blox AT facts 2.2). */
export type SimState = "READY" | "SIM PIN" | "SIM PUK" | "absent" | "booting" | "busy";

/** The answer to a command that needs the SIM, by its state. */
const REFUSALS: Readonly<Record<Exclude<SimState, "READY">, number>> = {
  absent: SIM_NOT_INSERTED,
  booting: OPERATION_NOT_ALLOWED,
  busy: SIM_BUSY,
  "SIM PIN": SIM_PIN_REQUIRED,
  "SIM PUK": SIM_PUK_REQUIRED,
};

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
  readonly #later: (ms: number, work: () => void) => () => void;
  #inserted = true;
  #verified = false;
  /** ms until it can be used, from when it gets power. */
  #bootTime = 0;
  #boot: "booting" | "busy" | undefined;
  #cancelBoot: () => void = () => undefined;
  readonly #listeners = new Set<() => void>();
  /** Called when a card that was slow can be used. */
  whenBooted: () => void = () => undefined;

  /**
   * @param pin empty: the SIM asks for none; 0000 then locks it
   * @param later runs work after so many ms, unless the modem reboots or ends first
   */
  constructor(storage: Storage, pin: string, later: (ms: number, work: () => void) => () => void) {
    this.#storage = storage;
    this.#pin = pin;
    this.#later = later;
  }

  get state(): SimState {
    if (!this.#inserted) return "absent";
    if (this.#boot !== undefined) return this.#boot;
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
    if (state !== "READY") throw new CommandError(REFUSALS[state]);
  }

  /** Whether a card is there that has booted, locked or not. @throws {CommandError} the answer if not */
  requireBooted(): void {
    const { state } = this;
    if (state === "absent" || state === "booting" || state === "busy") throw new CommandError(REFUSALS[state]);
  }

  /** @throws {CommandError} wrong PIN: one try fewer */
  enterPin(pin: string): void {
    this.requireBooted();
    if (this.state === "SIM PUK") throw new CommandError(SIM_PUK_REQUIRED);
    this.#verify(pin);
    this.#verified = true;
    this.#changed();
  }

  /** @throws {CommandError} wrong PUK: one try fewer */
  unblock(puk: string, pin: string): void {
    this.requireBooted();
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
    if (!this.locked) throw new CommandError(OPERATION_NOT_ALLOWED);
    this.#verify(before);
    this.#store({ pin: after });
  }

  powerUp(): void {
    this.#verified = false;
    this.#cancelBoot();
    this.#boot = this.#bootTime === 0 ? undefined : "booting";
    if (this.#boot === undefined) return;
    // First it does not answer at all, then it reads its files.
    this.#cancelBoot = this.#later(this.#bootTime / 2, () => {
      this.#boot = "busy";
      this.#cancelBoot = this.#later(this.#bootTime / 2, () => this.#booted());
    });
  }

  /** From now on it takes so many ms whenever it gets power, which it gets anew. */
  bootSlowly(ms: number): void {
    this.#bootTime = ms;
    this.powerUp();
    this.#changed();
  }

  #booted(): void {
    this.#boot = undefined;
    this.whenBooted();
    this.#changed();
  }

  insert(inserted: boolean): void {
    if (this.#inserted === inserted) return;
    this.#inserted = inserted;
    this.powerUp();
    this.#changed();
  }

  /** Returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
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
