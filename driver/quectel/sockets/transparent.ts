import type { Channel } from "../../at/channel-types";
import { transferTime } from "../../at/clock";
import { type Command, Priority } from "../../at/command";
import { inSeconds, isModemError, ModemError } from "../../errors";
import { DirectStream } from "../../services/sockets/direct-stream";
import { handOver, tellEnd } from "../../services/sockets/owner";
import type {
  ModemSocket,
  SendOptions,
  SocketAddress,
  SocketEvents,
  SocketStatus,
} from "../../services/sockets/sockets";
import { Deadline } from "../../services/waiting/deadline";
import { Pool } from "../../services/waiting/pool";
import type { QuectelTraits } from "../traits";
import type { Opened } from "./connect";
import { checkSend, socketStatus } from "./connection";
import { CLOSING, CONNECTED, SocketControl, type SocketFamily } from "./control";
import { damagedRead, lostConnection } from "./reader";
import { directReentry } from "./transparent-open";

/** ms without news after which the socket is checked anyway before data mode is entered again: a URC may be lost. */
const IDLE_MS = 15_000;
/** Bytes of which the modem must take some within `PATIENCE_MS`: longer than others' commands may hold the line. */
const PIECE_BYTES = 64 * 1024;
const PATIENCE_MS = 180_000;
const STUCK = `the modem has taken nothing for ${inSeconds(PATIENCE_MS)}; the peer does not read, or the network carries nothing`;
/** Of entering data mode for the rest of a connection that is over: news may stop the first one before it is sent. */
const ATTEMPTS_FOR_REST = 2;

/** An open socket, and what it needs. */
export interface DirectSocketParts extends Opened {
  readonly channel: Channel;
  readonly model: QuectelTraits;
  readonly operation: string;
  readonly family: SocketFamily;
  readonly remote: SocketAddress;
}

/** A connection of BG96 with transparent access (AT facts 2.2, 3.2). Stepped out, it has buffer access. */
export class TransparentSocket implements ModemSocket {
  readonly way = "transparent";
  readonly protocol = "tcp";
  readonly remote: SocketAddress;
  readonly #parts: DirectSocketParts;
  readonly #control: SocketControl;
  readonly #stream: DirectStream;
  readonly #events: SocketEvents;
  readonly #sending = new Pool(["turn"], { name: "turns to send" });
  /** Ends what waits to be sent, where data mode is entered only for what the modem still has. */
  readonly #noMore = new AbortController();
  #hasSent = false;
  /** Whether data mode is entered only for what the modem still has of a connection that is over. */
  #isForRest = false;
  #attemptsForRest = 0;
  #closing: Promise<void> | undefined;
  #finished: Promise<void> | undefined;

  constructor(parts: DirectSocketParts, events: SocketEvents) {
    const { channel, operation, number, family, state, remote } = parts;
    this.#parts = parts;
    this.#events = events;
    this.remote = remote;
    // Others have been let in when these are sent.
    this.#control = new SocketControl(parts, number.value, family, Priority.Normal);
    this.#stream = new DirectStream({
      channel,
      operation,
      enter: () => {
        if (this.#isForRest) this.#attemptsForRest += 1;
        return directReentry(number.value, family);
      },
      settle: (deliver) => this.#settle(deliver),
      onData: (data) => this.#deliver(data),
      onEnded: (error) => {
        state.end(error);
        void this.#finish();
      },
    });
  }

  get number(): number {
    return this.#parts.number.value;
  }

  /** Opens it by a command that `CONNECT` answers. @throws as `DirectStream.open`; its number is not given back */
  async open(command: Command): Promise<void> {
    await this.#stream.open(command);
    void this.#watch();
  }

  async send(data: Uint8Array, { to, signal }: SendOptions = {}): Promise<void> {
    checkSend(this.#parts.model, this.protocol, data, to);
    if (this.#parts.state.hasEnded || this.#closing !== undefined) throw this.#closed();
    await this.#sending.withItem(() => this.#write(data, signal), { signal, owner: this.#parts.operation });
  }

  /** A peer that reads nothing makes the modem stop the line, and of that only time tells. */
  async #write(data: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const { channel, operation } = this.#parts;
    this.#hasSent = true;
    for (let start = 0; start < data.length; start += PIECE_BYTES) {
      const piece = data.subarray(start, start + PIECE_BYTES);
      const time = PATIENCE_MS + transferTime(piece.length, channel.bytesPerSecond);
      const patience = new Deadline(time, operation, signal, this.#noMore.signal);
      try {
        await this.#stream.send(piece, patience.signal);
      } catch (error) {
        const isOver = isModemError(error, "MODEM_TIMEOUT") && error === patience.signal.reason;
        throw isOver && signal?.aborted !== true ? new ModemError("MODEM_TIMEOUT", `${operation}: ${STUCK}`) : error;
      } finally {
        patience.clear();
      }
    }
  }

  status(): Promise<SocketStatus> {
    return socketStatus(this.#control, this.#parts);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { state, operation } = this.#parts;
    await this.#sending.withItem(() => this.#stream.close()).catch(() => undefined);
    if (this.#hasSent && !state.hasEnded) await this.#control.flush(state, operation);
    await this.#finish();
  }

  /** Acts on what URCs tell while other commands have the line, and on the loss of the modem. */
  async #watch(): Promise<void> {
    const { state } = this.#parts;
    try {
      for (;;) {
        await state.wait(IDLE_MS);
        this.#stream.doubt();
      }
    } catch {
      await this.#stream.end(state.error);
      await this.#finish();
    }
  }

  /** What came while it was stepped out waits in the modem's buffer, announced by +QIURC: "recv". */
  async #settle(deliver: (data: Buffer) => Promise<void>): Promise<boolean> {
    const isConnected = await this.#isConnected();
    const isRead = await this.#readAll(deliver);
    if (isConnected) return true;
    this.#noMore.abort(this.#closed());
    // Firmware that does not change to buffer access refuses the read, and gives the rest when data mode is entered again.
    const mayAsk = !isRead && this.#attemptsForRest < ATTEMPTS_FOR_REST;
    this.#isForRest = mayAsk && (await this.#control.unread()) !== 0;
    return this.#isForRest;
  }

  async #isConnected(): Promise<boolean> {
    const { state, operation } = this.#parts;
    if (state.hasEnded) return false;
    const reported = await this.#control.state();
    if (reported !== undefined && CONNECTED.has(reported.state)) return true;
    const isOver = reported?.state === CLOSING || (reported === undefined && state.isEndAnnounced);
    if (!isOver) throw lostConnection(operation);
    state.end();
    return false;
  }

  /** Whether the modem let it be read until nothing was left. */
  async #readAll(deliver: (data: Buffer) => Promise<void>): Promise<boolean> {
    const { operation, state } = this.#parts;
    try {
      for (;;) {
        const part = await this.#control.read(state.stopped);
        if (part === undefined) return true;
        if (part === "damaged") throw damagedRead(operation);
        await deliver(part.data);
      }
    } catch (error) {
      if (isModemError(error, "MODEM_REJECTED") && error.cause?.result !== undefined) return false;
      throw error;
    }
  }

  async #deliver(data: Buffer): Promise<void> {
    const { channel, operation } = this.#parts;
    await handOver(channel, operation, () => this.#events.onData(data, this.remote));
  }

  #finish(): Promise<void> {
    this.#finished ??= this.#end();
    return this.#finished;
  }

  async #end(): Promise<void> {
    const { channel, operation, number, state, release } = this.#parts;
    state.stop();
    this.#sending.close(this.#closed());
    if (number.isHeld && !state.isGone) await this.#control.close();
    tellEnd(channel, operation, () => this.#events.onClosed(state.error));
    release();
  }

  #closed(): ModemError {
    const { state, operation } = this.#parts;
    return state.error ?? new ModemError("CONNECTION_CLOSED", `${operation}: the connection is closed`);
  }
}
