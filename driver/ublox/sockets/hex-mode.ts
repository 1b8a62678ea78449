import type { Channel } from "../../at/channel-types";
import { now } from "../../at/clock";
import { type Command, Priority, type Response } from "../../at/command";
import { isModemError } from "../../errors";
import { command } from "../commands";

/** What a command of a socket is for, in the base syntax. */
export type BaseUse = "read" | "text" | "binary";
export type SocketUse = BaseUse | "hex";
type Syntax = "base" | "hex";

/** Sends the command whose turn it is. To be called once, at once. */
export type Turn = (command: Command) => Promise<Response>;

/** Whether hex mode is there for the next write. */
export interface HexOffer {
  /** It is on, and no other use waits for its end. */
  readonly isOn: boolean;
  /** ms since the base syntax was last needed. */
  readonly undisturbed: number;
}

interface Request {
  readonly use: SocketUse;
  /** Whether its owner has more of the kind. */
  readonly more: boolean;
  readonly grant: (turn: Turn | undefined) => void;
  readonly fail: (reason: unknown) => void;
}

/** Values of +UDCONF=1 (AT facts 3.1). */
const MODES = { base: 0, hex: 1 } as const;
/** Without the base syntax nothing can be read; hex mode only saves time. */
const TRIES = { base: 2, hex: 1 } as const;

const syntaxOf = (use: SocketUse): Syntax => (use === "hex" ? "hex" : "base");

/**
 * Who uses the modem's hex mode (+UDCONF=1), and when.
 *
 * The mode is the whole modem's and changes the meaning of +USOWR, +USOST, +USORD and +USORF on every socket. So each
 * of them takes its turn here: those of one syntax may be under way together, and a change of the mode waits until they
 * have been answered. Turns come in order, so that each waits only for what is under way. The base syntax is the
 * state of rest: it returns as soon as no write needs the other.
 */
export class HexMode {
  readonly #channel: Channel;
  /** What the modem is in; undefined where that is not known. */
  #mode: Syntax | undefined = "base";
  #changing = false;
  /** Turns under way, all of them of one syntax. */
  #active = 0;
  /** Those of them that need the base syntax. */
  #baseUsers = 0;
  #disturbedAt = Number.NEGATIVE_INFINITY;
  #hasHex = true;
  #leaving: NodeJS.Immediate | undefined;
  readonly #requests: Request[] = [];

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Whether this modem has taken every change to hex mode so far; after a refusal it is not tried again. */
  get hasHex(): boolean {
    return this.#hasHex;
  }

  get offer(): HexOffer | undefined {
    if (!this.#hasHex) return undefined;
    const isWanted = this.#requests.some(({ use }) => needsBase(use)) || this.#baseUsers > 0;
    const isOn = this.#mode === "hex" && !this.#requests.some(({ use }) => use !== "hex");
    return { isOn, undisturbed: isWanted ? 0 : now() - this.#disturbedAt };
  }

  /**
   * Waits for the syntax; undefined where there is no hex mode to be had.
   *
   * @param more hex mode is kept on for the one behind it
   * @throws {ModemError} where the modem can't be brought back to the base syntax; nothing was sent then
   */
  enter(use: BaseUse): Promise<Turn>;
  enter(use: SocketUse, more: boolean): Promise<Turn | undefined>;
  enter(use: SocketUse, more = false): Promise<Turn | undefined> {
    return new Promise((grant, fail) => {
      this.#requests.push({ use, more, grant, fail });
      this.#advance();
    });
  }

  #advance(): void {
    for (let next = this.#requests[0]; next !== undefined && !this.#changing; next = this.#requests[0]) {
      const syntax = syntaxOf(next.use);
      if (syntax === "hex" && !this.#hasHex) {
        this.#requests.shift();
        next.grant(undefined);
      } else if (syntax === this.#mode) {
        this.#requests.shift();
        next.grant(this.#begin(next));
      } else {
        if (this.#active === 0) void this.#change(syntax);
        return;
      }
    }
  }

  #begin({ use, more }: Request): Turn {
    this.#active += 1;
    if (needsBase(use)) this.#baseUsers += 1;
    return async (order) => {
      try {
        return await this.#channel.send(order);
      } catch (error) {
        // Mostly because the modem's queue is full: then it is not the line that holds up.
        this.#disturbedAt = now();
        throw error;
      } finally {
        this.#end(use, more);
      }
    };
  }

  #end(use: SocketUse, more: boolean): void {
    this.#active -= 1;
    if (needsBase(use)) {
      this.#baseUsers -= 1;
      this.#disturbedAt = now();
    }
    this.#advance();
    if (use !== "hex") return;
    // Who has more asks for it before anything else happens. Else the way back is in the queue before anybody hears of
    // the end, so that what is sent then finds the base syntax.
    if (more) this.#leaving ??= setImmediate(() => this.#leave());
    else this.#leave();
  }

  #leave(): void {
    clearImmediate(this.#leaving);
    this.#leaving = undefined;
    const isIdle = this.#active === 0 && !this.#changing && this.#requests.length === 0;
    if (isIdle && this.#mode !== "base") void this.#change("base");
  }

  async #change(syntax: Syntax): Promise<void> {
    const before = this.#mode;
    this.#changing = true;
    this.#mode = undefined;
    try {
      await this.#set(syntax);
      this.#mode = syntax;
    } catch (error) {
      if (isModemError(error, "MODEM_REJECTED")) this.#mode = before;
      if (syntax === "hex") this.#hasHex = false;
      else for (const { fail } of this.#requests.splice(0)) fail(error);
    }
    this.#changing = false;
    this.#advance();
  }

  async #set(syntax: Syntax): Promise<void> {
    // Before what others have queued: a command written by hand finds the base syntax again.
    const order = command("+UDCONF=", [1, MODES[syntax]], { priority: Priority.Urgent });
    for (let left = TRIES[syntax]; ; left -= 1) {
      try {
        await this.#channel.send(order);
        return;
      } catch (error) {
        if (left === 1) throw error;
      }
    }
  }
}

/** Whether it can't be had in hex mode as well: binary data can, and text is twice as long there. */
function needsBase(use: SocketUse): boolean {
  return use === "read" || use === "text";
}
