import type { Channel } from "../../at/channel-types";
import { isModemError, ModemError } from "../../errors";
import { handOver } from "../../services/sockets/owner";
import type { SocketAddress, SocketEvents } from "../../services/sockets/sockets";
import { unlessAborted } from "../../services/waiting/unless-aborted";
import { translated } from "../errors";
import { CLOSING, type Received, type SocketControl } from "./control";
import type { SocketState } from "./state";

/** ms without news after which the socket is read anyway: a URC may be lost, and comes only once until all is read. */
const IDLE_MS = 15_000;

export interface ReaderParts {
  readonly control: SocketControl;
  readonly state: SocketState;
  readonly operation: string;
  readonly remote: SocketAddress | undefined;
  readonly channel: Pick<Channel, "note">;
}

/** Reads what arrives at a socket, and no faster than its owner takes it. */
export class SocketReader {
  readonly #parts: ReaderParts;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when the connection has ended and all is read.
   *
   * @throws what keeps it from going on, also when the socket is stopped
   */
  async run(events: SocketEvents): Promise<void> {
    const { state } = this.#parts;
    for (;;) {
      const last = state.hasEnded;
      for (let part = await this.#next(); part !== undefined; part = await this.#next()) {
        await unlessAborted(this.#deliver(part, events), state.stopped);
      }
      if (last) return;
      await state.wait(IDLE_MS);
    }
  }

  async #next(): Promise<Received | undefined> {
    const { control, state } = this.#parts;
    try {
      return await control.read(state.stopped);
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) throw error;
      await this.#examine(error);
      return undefined;
    }
  }

  /** A read is refused when the connection is over, whether or not a URC has said so. */
  async #examine(error: ModemError): Promise<void> {
    const { control, state, operation } = this.#parts;
    if (state.hasEnded) return;
    const reported = await control.state().catch(() => undefined);
    if (reported?.state === CLOSING) return state.end();
    const known = translated(error, operation);
    if (known !== error) throw known;
    throw lostConnection(operation, error);
  }

  async #deliver({ data, from, damaged }: Received, events: SocketEvents): Promise<void> {
    const { control, operation, remote, channel } = this.#parts;
    if (damaged) {
      const error = damagedRead(operation);
      if (control.family.protocol === "tcp") throw error;
      // A datagram may be lost on any part of its way.
      return channel.note(error.message);
    }
    const sender = from ?? remote;
    if (sender === undefined) return channel.note(`${operation}: a datagram without a sender was dropped`);
    await handOver(channel, operation, () => events.onData(data, sender));
  }
}

export function lostConnection(operation: string, error?: ModemError): ModemError {
  return new ModemError("CONNECTION_CLOSED", `${operation}: the connection was lost`, error?.cause);
}

export function damagedRead(operation: string): ModemError {
  const errorText = "bytes were lost or added between modem and computer";
  return new ModemError("MODEM_REJECTED", `${operation}: ${errorText}. Check cable, baud rate and flow control`, {
    errorText,
  });
}
