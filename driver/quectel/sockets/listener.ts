import type { Channel } from "../../at/channel-types";
import type { ModemError } from "../../errors";
import { tellEnd } from "../../services/sockets/owner";
import type { ModemListener } from "../../services/sockets/sockets";
import type { Opened } from "./connect";
import { SocketControl, TCP } from "./control";

/** A listening socket (AT facts 2.2). */
export class QuectelListener implements ModemListener {
  readonly localPort: number;
  readonly #channel: Channel;
  readonly #opened: Opened;
  readonly #ended: Promise<void>;

  constructor(channel: Channel, opened: Opened, localPort: number, onClosed: (error?: ModemError) => void) {
    this.#channel = channel;
    this.#opened = opened;
    this.localPort = localPort;
    this.#ended = this.#run(onClosed);
  }

  get number(): number {
    return this.#opened.number.value;
  }

  /** Connections that it got live on. */
  close(): Promise<void> {
    this.#opened.state.stop();
    return this.#ended;
  }

  async #run(onClosed: (error?: ModemError) => void): Promise<void> {
    const { number, state, release } = this.#opened;
    await state.ended();
    if (number.isHeld && !state.isGone) await new SocketControl(this.#channel, number.value, TCP).close();
    if (!state.stopped.aborted || state.error !== undefined) {
      tellEnd(this.#channel, `Listening on port ${this.localPort}`, () => onClosed(state.error));
    }
    release();
  }
}
