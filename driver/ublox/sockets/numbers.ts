import type { Channel } from "../../at/channel-types";
import type { Command } from "../../at/command";
import { toInteger } from "../../at/fields";
import { ask } from "../../cellular/commands";
import { isModemError, ModemError } from "../../errors";
import { type AcquireOptions, Pool } from "../../services/waiting/pool";
import { command } from "../commands";
import { numbersOf, type UbloxTraits } from "../traits";
import { exists } from "./control";
import { socketFailure } from "./errors";
import { closeOrphanedSockets } from "./leftovers";
import type { SocketPlan } from "./plan";

/** Attempts to close one socket. */
const CLOSES = 2;

/** The owner of one of the modem's numbers, for one life of it. */
export interface NumberOwner {
  /** The modem has given the number to another: what it had is gone. */
  superseded(): void;
}

/**
 * Who has which of the modem's sockets.
 *
 * The modem numbers sockets itself and reuses a number as soon as it is free, so that URCs and late commands of
 * one life of a number must never reach the next: numbers are made and freed one at a time, and only by their owner.
 */
export class SocketNumbers<T extends NumberOwner> {
  readonly #channel: Channel;
  readonly #model: UbloxTraits;
  readonly #places: Pool<number>;
  readonly #turn = new Pool(["+USOCR"], { name: "changes of the modem's sockets" });
  readonly #owners = new Map<number, T>();

  constructor(channel: Channel, model: UbloxTraits) {
    this.#channel = channel;
    this.#model = model;
    this.#places = new Pool(numbersOf(model.limits.sockets), { name: "sockets" });
  }

  /** Those who have a number now. */
  get owners(): T[] {
    return [...this.#owners.values()];
  }

  /** Whether the modem has a socket of that number. */
  has(number: number): boolean {
    return Number.isInteger(number) && number >= 0 && number < this.#model.limits.sockets;
  }

  get(number: number): T | undefined {
    return this.#owners.get(number);
  }

  /** Waits for one of them; resolves to the way to give it back. */
  async place(options: AcquireOptions): Promise<() => void> {
    const place = await this.#places.acquire(options);
    let held = true;
    return () => {
      if (held) this.#places.release(place);
      held = false;
    };
  }

  /**
   * A place for a socket that the modem has made by itself, whether there is one or not; the way to give it back. It is
   * the next that gets free: a caller who waits for one would find no socket there.
   */
  claim(owner: string): () => void {
    const leave = new AbortController();
    const place = this.#places.acquire({ signal: leave.signal, owner, first: true });
    // The session may end, and the pool with it, long before the socket gives back what it never got.
    place.catch(() => undefined);
    return () => {
      leave.abort();
      place.then((item) => this.#places.release(item)).catch(() => undefined);
    };
  }

  /**
   * Makes a socket (+USOCR) and its owner, unless `signal` aborts before. A caller who gives up later must `close` it.
   *
   * @throws {ModemError} `MODEM_BUSY`, or +USOER's reason
   */
  create<O extends T>({ operation, create }: SocketPlan, make: (number: number) => O, signal: AbortSignal): Promise<O> {
    const work = async (): Promise<O> => {
      let number = await this.#make(create);
      if (number instanceof ModemError) {
        await closeOrphanedSockets(this.#channel, this.#model, (left) => this.#owners.has(left));
        number = await this.#make(create);
      }
      if (number instanceof ModemError) throw await this.#refused(operation, number);
      return this.adopt(number, make(number));
    };
    return this.#turn.withItem(work, { signal });
  }

  /** Enters the owner of a socket that there is. */
  adopt<O extends T>(number: number, owner: O): O {
    this.supersede(number);
    this.#owners.set(number, owner);
    return owner;
  }

  /** The modem has given the number to another socket: its owner has lost it. */
  supersede(number: number): void {
    this.#owners.get(number)?.superseded();
    this.#owners.delete(number);
  }

  /** Closes a socket (+USOCL), unless the number is another's by now. Never fails: the modem may have closed it. */
  async close(number: number, owner: T | undefined): Promise<void> {
    const close = async (): Promise<void> => {
      if (this.#owners.get(number) !== owner) return;
      await this.#closeOnModem(number);
      this.forget(number, owner);
    };
    await this.#turn.withItem(close).catch(() => this.forget(number, owner));
  }

  /** A close that was refused or lost, of a socket that is still there, goes once more. Never fails. */
  async #closeOnModem(number: number): Promise<void> {
    for (let tries = 1; tries <= CLOSES; tries += 1) {
      const closing = this.#channel.send(command("+USOCL=", [number], { timeout: this.#model.timeouts.closeSocket }));
      const isClosed = await closing.then(
        () => true,
        () => false,
      );
      if (isClosed || !(await exists(this.#channel, number).catch(() => false))) return;
    }
  }

  /** The modem has no such socket any more. */
  forget(number: number, owner: T | undefined): void {
    if (this.#owners.get(number) === owner) this.#owners.delete(number);
  }

  dispose(error: Error): void {
    this.#places.close(error);
    this.#turn.close(error);
  }

  async #make(order: Command): Promise<number | ModemError> {
    try {
      const number = toInteger((await ask(this.#channel, order))[0]?.[0]);
      if (this.has(number)) return number;
    } catch (error) {
      if (isModemError(error, "MODEM_REJECTED")) return error;
      throw error;
    }
    return new ModemError("MODEM_REJECTED", `The modem made a socket and did not say which (${order.label})`);
  }

  async #refused(operation: string, refusal: ModemError): Promise<ModemError> {
    const { sockets } = this.#model.limits;
    if (this.#owners.size < sockets) return socketFailure(this.#channel, operation, refusal);
    return new ModemError("MODEM_BUSY", `${operation}: all ${sockets} sockets are in use`, refusal.cause);
  }
}
