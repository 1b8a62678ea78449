import type { Channel } from "../../at/channel-types";
import { isModemError, ModemError } from "../../errors";
import { handOver } from "../../services/sockets/owner";
import type { SocketAddress, SocketEvents } from "../../services/sockets/sockets";
import { unlessAborted } from "../../services/waiting/unless-aborted";
import { translated } from "../errors";
import { CLOSING, CONNECTED, type Received, type SocketControl } from "./control";
import type { SocketState } from "./state";

/** ms without news after which the socket is looked at anyway: a URC may be lost, and comes only once until all is read. */
const IDLE_MS = 15_000;
/** An end that the modem has announced and does not show yet: times that it is asked for, and ms between them. */
const RECHECKS = 3;
const RECHECK_MS = 1_000;

const UNKNOWN: SocketAddress = { ip: "", port: 0 };

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
    let isIdle = false;
    for (let rechecks = 0; ; ) {
      const last = state.hasEnded;
      for (let part = await this.#next(); part !== undefined; part = await this.#next()) {
        await unlessAborted(this.#deliver(part, events), state.stopped);
      }
      if (last) return this.#expectAll();
      const mayHaveEnded = state.isEndAnnounced || isIdle;
      if (state.hasEnded || (mayHaveEnded && (await this.#hasEnded()))) continue;
      const isSoon = state.isEndAnnounced && rechecks < RECHECKS;
      if (isSoon) rechecks += 1;
      isIdle = !(await state.wait(isSoon ? RECHECK_MS : IDLE_MS));
    }
  }

  /** A count of 0 may have been another before a digit of it was lost. */
  async #expectAll(): Promise<void> {
    const { control, operation } = this.#parts;
    if (control.family.protocol === "tcp" && !(await control.hasAll())) throw damagedRead(operation);
  }

  /** The URC alone does not end it: a digit of its number may be another socket's. */
  async #hasEnded(): Promise<boolean> {
    const { control, state, operation } = this.#parts;
    const reported = await control.state().catch((error: unknown) => {
      if (isModemError(error, "MODEM_REJECTED")) return "untold" as const;
      throw error;
    });
    // Firmware that does not tell is believed its URC.
    const isOpen = reported === "untold" ? !state.isEndAnnounced : CONNECTED.has(reported?.state ?? CLOSING);
    if (isOpen) return state.hasEnded;
    // Of a connection that the modem has forgotten without a word, it is not known whether all of it was read.
    const isLost = reported === undefined && !state.isEndAnnounced;
    state.end(isLost ? lostConnection(operation) : undefined);
    return true;
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

  async #deliver(received: Received, events: SocketEvents): Promise<void> {
    const { control, operation, remote, channel } = this.#parts;
    if (received === "damaged") {
      const error = damagedRead(operation);
      if (control.family.protocol === "tcp") throw error;
      // A datagram may be lost on any part of its way.
      return channel.note(error.message);
    }
    const { data, from } = received;
    const isStream = control.family.protocol === "tcp";
    // Of a connection that was made by name the modem may not have told the address.
    const sender = from ?? remote ?? (isStream ? UNKNOWN : undefined);
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
