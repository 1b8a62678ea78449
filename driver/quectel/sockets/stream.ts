import { JoinedSends } from "../../services/sockets/joined-sends";
import type { SendQueue } from "../../services/sockets/send-queue";
import type { FullBuffer, SocketWriter } from "./writer";

/** Sends over a TCP connection by +QISEND or +QSSLSEND (AT facts 2.2, 3.2). */
export class StreamWriter {
  readonly #sender: SocketWriter;
  /** Bytes of one send. */
  readonly #most: number;
  readonly #sends = new JoinedSends((queue) => this.#carryOut(queue));

  constructor(sender: SocketWriter, most: number) {
    this.#sender = sender;
    this.#most = most;
  }

  /** Resolves when the modem has taken all of `data`; `signal`, not aborted yet, ends it between two chunks. */
  send(data: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    return this.#sends.send(data, signal);
  }

  /** Resolves when nothing is on its way any more. */
  idle(): Promise<void> {
    return this.#sends.idle();
  }

  async #carryOut(queue: SendQueue): Promise<void> {
    let full: FullBuffer | undefined;
    let hasRoom = true;
    const write = async (run: Uint8Array): Promise<number> => {
      const taken = hasRoom ? await this.#sender.offer(run) : 0;
      if (taken > 0) {
        full?.backoff.end();
        full = undefined;
        return taken;
      }
      full ??= this.#sender.full();
      hasRoom = await this.#sender.room(full);
      return 0;
    };
    while (!queue.isEmpty) {
      if (this.#sender.hasEnded) queue.failAll(this.#sender.closed());
      else await queue.nextJoined(this.#most, write);
      if (full?.backoff.stuck === undefined) continue;
      // All of them have waited for this buffer; who comes later begins to wait then.
      queue.failAll(full.backoff.stuck);
      full.backoff.end();
      full = undefined;
      hasRoom = true;
    }
    full?.backoff.end();
  }
}
