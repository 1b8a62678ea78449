import type { Command } from "../../at/command";
import { trySend } from "../../cellular/commands";
import { isModemError, type ModemError } from "../../errors";
import { DirectStream } from "../../services/sockets/direct-stream";
import type { SendOptions } from "../../services/sockets/sockets";
import { unlessAborted } from "../../services/waiting/unless-aborted";
import { command } from "../commands";
import type { Carrier, CarrierOwner } from "./carrier";
import { readState } from "./control";
import { connectionClosed, socketFailure } from "./errors";
import { isOpen, type SocketEnd } from "./reader";
import { BACKOFF_MS } from "./stream";

/**
 * When the modem sends what it has got (AT facts 3.4): after a silence, in ms, or at a number of bytes. It takes
 * no shorter silence and no larger number, so that a stream travels in full segments and a question goes at once.
 */
const SILENCE = { op: 5, ms: 100 } as const;
const LENGTH = { op: 6 } as const;
/**
 * ms of a full queue that does not move, after which the modem leaves direct link by itself: command mode's patience.
 * Never, which there is too, would leave a line on which not even the escape sequence gets through.
 */
const CONGESTION = { op: 8, ms: BACKOFF_MS.patience } as const;

/**
 * A connection by direct link (+USODL), which has the line for itself until others want it.
 *
 * Data that arrive between two turns of the link are not read by commands: the modem gives them when the link is
 * entered again. What is left when the peer has closed can only be read by commands (guide 5.5, fourth scenario).
 */
export class DirectLinkCarrier implements Carrier {
  readonly way = "direct link";
  readonly #owner: CarrierOwner;
  readonly #stream: DirectStream;
  /** The peer has closed: nothing can be sent any more. */
  readonly #closed = new AbortController();
  readonly #end: Promise<SocketEnd>;
  #tellEnd: (end: SocketEnd | Promise<SocketEnd>) => void = () => undefined;
  readonly #begun: Promise<void>;
  #begin: () => void = () => undefined;
  /** Whether the owner listens: data may come before. */
  #hasBegun = false;
  /** Whether the modem still has the socket. */
  #closeOnModem = true;

  constructor(owner: CarrierOwner) {
    this.#owner = owner;
    this.#end = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
    this.#begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
    this.#stream = new DirectStream({
      channel: owner.channel,
      operation: owner.operation,
      enter: () => this.#enter(),
      settle: (deliver) => this.#settle(deliver),
      onData: (data) => this.#deliver(data),
      onEnded: (error) => this.#tellEnd({ closeOnModem: this.#closeOnModem, ...(error && { error }) }),
    });
  }

  async open(signal: AbortSignal): Promise<void> {
    const { channel, number, operation, secure, model } = this.#owner;
    const { queue, directLink } = model.limits;
    // Firmware that refuses a value keeps its own.
    for (const [op, value] of [
      [SILENCE.op, SILENCE.ms],
      [LENGTH.op, secure ? queue.secure : directLink],
      [CONGESTION.op, CONGESTION.ms],
    ] as const) {
      await trySend(channel, command("+UDCONF=", [op, number, value]));
    }
    try {
      await this.#stream.open({ ...this.#enter(), signal });
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) throw error;
      if (await this.#isConnected()) throw await socketFailure(channel, operation, error);
      // It was open, and the peer has closed it since: what it sent is read once there is a listener.
      this.#tellEnd(this.#begun.then(() => this.#readRest((data) => this.#owner.deliver(data))));
    }
  }

  receive(): Promise<SocketEnd> {
    this.#hasBegun = true;
    this.#begin();
    return unlessAborted(this.#end, this.#owner.ended);
  }

  send(data: Uint8Array, { signal }: SendOptions): Promise<void> {
    return unlessAborted(this.#stream.send(data, signal), this.#closed.signal);
  }

  news(): void {
    if (this.#owner.reader.isCloseAnnounced) this.#stream.doubt();
  }

  finish(): Promise<void> {
    return this.#stream.close();
  }

  stop(error: ModemError | undefined): Promise<void> {
    return this.#stream.end(error);
  }

  #enter(): Command {
    return command("+USODL=", [this.#owner.number]);
  }

  #deliver(data: Buffer): void | Promise<void> {
    if (this.#hasBegun) return this.#owner.deliver(data);
    const { ended } = this.#owner;
    return unlessAborted(this.#begun, ended).then(() => this.#owner.deliver(data));
  }

  async #settle(deliver: (data: Buffer) => Promise<void>): Promise<boolean> {
    if (await this.#isConnected()) return true;
    this.#closeOnModem = (await this.#readRest(deliver)).closeOnModem;
    return false;
  }

  async #isConnected(): Promise<boolean> {
    const { channel, number } = this.#owner;
    const state = await readState(channel, number);
    return state !== undefined && isOpen(state);
  }

  /** Reads what the modem still holds of a connection that the peer has closed. */
  async #readRest(deliver: (data: Buffer) => void | Promise<void>): Promise<SocketEnd> {
    const { reader, operation } = this.#owner;
    // A write that `deliver` waits for would never end.
    this.#closed.abort(connectionClosed(operation));
    reader.peerClosed();
    return (await reader.drain(deliver)) ?? { closeOnModem: true };
  }
}
