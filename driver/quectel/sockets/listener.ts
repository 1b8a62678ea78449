import type { Channel } from "../../at/channel-types";
import type { ModemError } from "../../errors";
import { tellEnd } from "../../services/sockets/owner";
import type { ModemListener } from "../../services/sockets/sockets";
import type { KnownModem } from "../traits";
import type { Opened } from "./connect";
import { LISTENING, SocketControl, TCP } from "./control";

/** ms between two looks at an end that was announced and did not show. */
const CHECK_MS = 15_000;

/** A listening socket (AT facts 2.2). */
export class QuectelListener implements ModemListener {
  readonly localPort: number;
  readonly #modem: KnownModem;
  readonly #channel: Channel;
  readonly #opened: Opened;
  readonly #ended: Promise<void>;

  constructor(modem: KnownModem, opened: Opened, localPort: number, onClosed: (error?: ModemError) => void) {
    this.#modem = modem;
    this.#channel = modem.channel;
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
    const checking = this.#check().catch((error: unknown) => {
      if (!state.hasEnded) this.#channel.note(`${this.#operation}: ${String(error)}`);
    });
    await state.ended();
    await checking;
    if (number.isHeld && !state.isGone) await new SocketControl(this.#modem, number.value, TCP).close();
    if (!state.stopped.aborted || state.error !== undefined) {
      tellEnd(this.#channel, this.#operation, () => onClosed(state.error));
    }
    release();
  }

  /** An end that was announced, in a line that may be meant for another socket, has to show. */
  async #check(): Promise<void> {
    const { number, state } = this.#opened;
    const control = new SocketControl(this.#modem, number.value, TCP);
    while (!state.hasEnded) {
      await state.wait(CHECK_MS);
      if (!state.isEndAnnounced || state.hasEnded) continue;
      if ((await control.state())?.state !== LISTENING) state.end();
    }
  }

  get #operation(): string {
    return `Listening on port ${this.localPort}`;
  }
}
