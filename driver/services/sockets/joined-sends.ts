import { SendQueue } from "./send-queue";

/**
 * Calls of `send` of one stream, carried out in their order.
 *
 * A stream has no borders: what is sent while a write is on its way goes with the next one, as much as that holds, since
 * a frame (sometimes a guard silence) costs more than a small message.
 */
export class JoinedSends {
  readonly #queue = new SendQueue();
  readonly #carryOut: (queue: SendQueue) => Promise<void>;
  #running: Promise<void> | undefined;

  /** @param carryOut takes calls from the queue, or fails them, until it is empty; never rejects */
  constructor(carryOut: (queue: SendQueue) => Promise<void>) {
    this.#carryOut = carryOut;
  }

  /** Resolves when all of `data` was taken; `signal`, not aborted yet, ends it between two writes. */
  send(data: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const sent = this.#queue.add(data, signal);
    this.#running ??= this.#run();
    return sent;
  }

  /** Resolves when no write is on its way, one of a call that was given up included. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Calls that come at once, without a wait between them, go together from the first write on.
    await Promise.resolve();
    while (!this.#queue.isEmpty) await this.#carryOut(this.#queue);
    this.#running = undefined;
  }
}
