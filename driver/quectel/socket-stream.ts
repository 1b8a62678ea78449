import { SendQueue } from "../services/send-queue";
import type { FullBuffer } from "./full-buffer";
import { LARGEST_SEND, type SocketSender } from "./socket-sender";

/**
 * Sends over a TCP connection by +QISEND or +QSSLSEND.
 *
 * A stream has no borders: what is sent while a chunk is on its way goes with the next one, as much as that holds,
 * because each costs a prompt and an answer that a small message is no match for.
 */
export class StreamSender {
  readonly #sends = new SendQueue();
  #running: Promise<void> | undefined;

  constructor(private readonly sender: SocketSender) {}

  /** Resolves when the modem has taken all of `data`; `signal`, not aborted yet, ends it between two chunks. */
  send(data: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const sent = this.#sends.add(data, signal);
    this.#running ??= this.#run();
    return sent;
  }

  /** Resolves when nothing is on its way any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Calls that come at once, without a wait between them, go together from the first chunk on.
    await Promise.resolve();
    let full: FullBuffer | undefined;
    let hasRoom = true;
    const write = async (run: Uint8Array): Promise<number> => {
      if (hasRoom && (await this.sender.offer(run))) {
        full?.end();
        full = undefined;
        return run.length;
      }
      full ??= this.sender.full();
      hasRoom = await this.sender.room(full);
      return 0;
    };
    while (!this.#sends.isEmpty) {
      if (this.sender.hasEnded) this.#sends.failAll(this.sender.closed());
      else await this.#sends.nextJoined(LARGEST_SEND, write);
      if (full?.isStuck !== true) continue;
      // Whoever waits has waited for this buffer; who comes later waits anew.
      this.#sends.failAll(full.stuck());
      full.end();
      full = undefined;
      hasRoom = true;
    }
    full?.end();
    this.#running = undefined;
  }
}
