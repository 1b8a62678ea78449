import type { Channel } from "../../at/channel-types";
import type { ModemError } from "../../errors";
import type { Deadline } from "../../services/waiting/deadline";
import { acquireBefore } from "../../services/waiting/deadline";
import type { SocketNumber, SocketNumbers } from "./numbers";
import { isInUse, type Opening, openSocket } from "./open";
import { type Incoming, SocketState } from "./state";
import { SocketUrcs } from "./urcs";

/** A socket that stands. */
export interface Opened {
  readonly number: SocketNumber;
  readonly state: SocketState;
  /** Gives its number back. */
  release(): void;
}

/** Brings sockets and their numbers together. */
export class SocketOpener {
  readonly #channel: Channel;
  readonly #numbers: SocketNumbers;
  readonly #urcs: SocketUrcs;

  constructor(channel: Channel, numbers: SocketNumbers) {
    this.#channel = channel;
    this.#numbers = numbers;
    this.#urcs = new SocketUrcs(channel);
  }

  /**
   * Opens on a free number. One that the modem says is in use, by an accepted connection or a raw command, is let be.
   *
   * @throws {ModemError} as `openSocket`; `MODEM_BUSY` when there is no number
   */
  async open(
    opening: Opening,
    deadline: Deadline,
    onIncoming?: (incoming: Incoming, isListening: boolean) => void,
  ): Promise<Opened> {
    const open = async (opened: Opened): Promise<Opened> => {
      await openSocket(this.#channel, opened.number, opening, deadline);
      return opened;
    };
    return this.openBy(open, opening, deadline, onIncoming);
  }

  /** As `open`, but by what `dial` does, which rejects as `openSocket`. */
  async openBy<T>(
    dial: (opened: Opened) => Promise<T>,
    { cid, operation }: Opening,
    deadline: Deadline,
    onIncoming?: (incoming: Incoming, isListening: boolean) => void,
  ): Promise<T> {
    const refused: SocketNumber[] = [];
    try {
      for (;;) {
        const number = await this.#next(refused.length, operation, deadline);
        const opened = this.#watch(number, new SocketState(cid, onIncoming));
        try {
          return await dial(opened);
        } catch (error) {
          this.#urcs.unwatch(number.value, opened.state);
          refused.push(number);
          if (!isInUse(error)) throw error;
        }
      }
    } finally {
      for (const number of refused) number.release();
    }
  }

  /** Takes a connection that the modem accepted. */
  accept(number: number, cid: number, owner: string): Opened {
    return this.#watch(this.#numbers.claim(number, owner), new SocketState(cid));
  }

  loseAll(error: ModemError): void {
    this.#urcs.loseAll(error);
  }

  dispose(error: Error): void {
    this.#numbers.close(error);
    this.#urcs.dispose();
  }

  /** After a refusal only a number that is free now: the others may all be in use as well. */
  async #next(refusals: number, owner: string, deadline: Deadline): Promise<SocketNumber> {
    const isFree = this.#numbers.available > 0;
    if (refusals > 0 && !isFree) throw this.#numbers.busy("or taken by others");
    return this.#numbers.acquire(acquireBefore(deadline, owner));
  }

  #watch(number: SocketNumber, state: SocketState): Opened {
    this.#urcs.watch(number.value, state);
    const release = (): void => {
      this.#urcs.unwatch(number.value, state);
      number.release();
    };
    return { number, state, release };
  }
}
