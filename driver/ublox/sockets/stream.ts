import type { Channel } from "../../at/channel-types";
import { answerBefore } from "../../at/errors";
import { isModemError, ModemError } from "../../errors";
import { JoinedSends } from "../../services/sockets/joined-sends";
import { SendBackoff } from "../../services/sockets/send-backoff";
import type { SendQueue } from "../../services/sockets/send-queue";
import type { SendOptions } from "../../services/sockets/sockets";
import type { UbloxTraits } from "../traits";
import { CONTROL, readNumber, readState } from "./control";
import { connectionClosed } from "./errors";
import type { HexMode } from "./hex-mode";
import { writeCommand, writtenBytes } from "./write";
import { type Chunk, HORIZON, nextChunk } from "./write-encoding";

/** Between two looks at a full queue, and for one that does not move: as long as TCP retransmits on a bad network. */
export const BACKOFF_MS = { first: 50, longest: 1000, patience: 120_000 } as const;
/** Looks at a queue that shows no room, after which a write is tried anyway. */
const LOOKS = 5;
/** Writes of one piece that an empty queue may refuse, or that the modem leaves without a trace. */
const TRIES = 10;

export interface StreamOwner {
  readonly channel: Channel;
  readonly syntax: HexMode;
  readonly model: UbloxTraits;
  readonly number: number;
  /** For messages. */
  readonly operation: string;
  readonly secure: boolean;
  /** Fires when the socket has ended; its reason is what a write fails with then. */
  readonly ended: AbortSignal;
  /** The peer has closed: what it sent before can still be read. */
  peerClosed(): void;
  /** The modem does not seem to have the socket any more; reading finds out why. */
  gone(): void;
  /** What has reached the peer is unknown: nothing may follow it. */
  broken(error: ModemError): void;
}

/** How the write of a piece that is not taken goes on. */
interface Stall {
  readonly backoff: SendBackoff;
  /** Tries that no full queue explains. */
  tries: number;
  /** The modem has taken something. */
  isOver: boolean;
}

/** Writes to a TCP connection by +USOWR (guide 5.3): every byte once, whatever the modem answers. */
export class StreamWriter {
  readonly #owner: StreamOwner;
  readonly #sends = new JoinedSends((queue) => this.#carryOut(queue));
  /** Bytes that the modem has taken since the connection began. */
  #taken = 0;

  constructor(owner: StreamOwner) {
    this.#owner = owner;
  }

  /** Resolves when the modem has taken all of `data`; `signal`, not aborted yet, ends it between two writes. */
  send(data: Uint8Array, { signal }: SendOptions): Promise<void> {
    return this.#sends.send(data, signal);
  }

  /** Resolves when no write is on its way, one of a call that was given up included. */
  idle(): Promise<void> {
    return this.#sends.idle();
  }

  async #carryOut(queue: SendQueue): Promise<void> {
    const { operation, ended } = this.#owner;
    const begin = (): Stall => ({ backoff: new SendBackoff(operation, BACKOFF_MS, ended), tries: 0, isOver: false });
    let stall = begin();
    for (let { first } = queue; first !== undefined; first = queue.first) {
      if (ended.aborted) queue.failAll(ended.reason);
      else await queue.nextJoined(HORIZON, (run) => this.#write(run, stall));
      // All of them have waited for this queue; who comes later begins to wait then.
      if (stall.backoff.stuck !== undefined) queue.failAll(stall.backoff.stuck);
      if (queue.first === first && !stall.isOver) continue;
      stall.backoff.end();
      stall = begin();
    }
    stall.backoff.end();
  }

  /** Resolves to how many of the first bytes of `run` the modem has taken. */
  async #write(run: Uint8Array, stall: Stall): Promise<number> {
    const { channel, syntax, model } = this.#owner;
    const piece = nextChunk(run, { model, rate: channel.bytesPerSecond, hex: syntax.offer });
    const taken = await this.#put(piece, run, stall);
    if (taken > 0) stall.isOver = true;
    this.#taken += taken;
    return taken;
  }

  /** Resolves to what the modem has taken of a piece, 0 when it is to be written again. */
  async #put({ length, encoding }: Chunk, run: Uint8Array, stall: Stall): Promise<number> {
    const { channel, syntax, number, ended } = this.#owner;
    const data = run.subarray(0, length);
    const command = writeCommand(channel, "+USOWR", [number], data, { encoding, signal: ended });
    const turn = await syntax.enter(encoding, length < run.length);
    if (turn === undefined) return 0;
    try {
      const { lines } = await turn(command);
      // A part, and the 0 of a connection that is over (guide 5.5, fourth scenario), may be the count with a digit lost.
      return writtenBytes(lines, number) === length ? length : await this.#recount(length, stall);
    } catch (error) {
      // What it has counted as taken before it refused is not sent again.
      if (isModemError(error, "MODEM_REJECTED") && answerBefore(error).length > 0)
        return await this.#recount(length, stall);
      if (isModemError(error, "MODEM_REJECTED")) return await this.#makeRoom(length, error, stall);
      if (!isModemError(error, "MODEM_TIMEOUT") || ended.aborted) throw error;
      // A prompt that was left open has been filled up with other bytes since.
      if (encoding === "binary") throw this.#break(error);
      return await this.#recount(length, stall);
    }
  }

  /** The modem refused a piece: waits until its queue may have room (guide 5.3.3). */
  async #makeRoom(length: number, refusal: ModemError, stall: Stall): Promise<0> {
    const { secure, model } = this.#owner;
    const { queue } = model.limits;
    const before = await this.#unacknowledged();
    if (before === 0) {
      stall.tries += 1;
      if (stall.tries >= TRIES) throw refusal;
    }
    const room = (secure ? queue.secure : queue.plain) - length;
    for (let last = before, looks = 1; looks <= LOOKS; looks += 1) {
      await stall.backoff.wait();
      const left = await this.#unacknowledged();
      if (left < last) stall.backoff.moved();
      if (left <= room) break;
      last = left;
    }
    return 0;
  }

  /** Bytes in the queue of an open connection. */
  async #unacknowledged(): Promise<number> {
    const { channel, number, operation } = this.#owner;
    const state = await readState(channel, number);
    if (state === undefined) {
      this.#owner.gone();
      throw connectionClosed(operation, "the modem no longer has the socket");
    }
    if (state !== "established") throw this.#closed();
    return (await readNumber(channel, number, CONTROL.unacknowledged)) ?? 0;
  }

  /** The modem did not say what it has taken: finds it out, or ends the connection where that can't be. */
  async #recount(length: number, stall: Stall): Promise<number> {
    try {
      return await this.#countSent(length, stall);
    } catch (error) {
      // Behind a connection that is over nothing follows anyway.
      throw isModemError(error, "CONNECTION_CLOSED") ? error : this.#break(error);
    }
  }

  /** Once its queue is empty the count of bytes sent tells, however it counts those that are still waiting. */
  async #countSent(length: number, stall: Stall): Promise<number> {
    const { channel, number } = this.#owner;
    for (let before = await this.#unacknowledged(); before > 0; ) {
      await stall.backoff.wait();
      const left = await this.#unacknowledged();
      if (left < before) stall.backoff.moved();
      before = left;
    }
    const sent = await readNumber(channel, number, CONTROL.bytesSent);
    const taken = sent === undefined ? Number.NaN : sent - this.#taken;
    stall.tries += 1;
    if (!(taken >= 0 && taken <= length) || stall.tries >= TRIES) throw this.#break(undefined);
    return taken;
  }

  #closed(): ModemError {
    this.#owner.peerClosed();
    return connectionClosed(this.#owner.operation);
  }

  #break(reason: unknown): unknown {
    const { operation, ended } = this.#owner;
    if (ended.aborted) return ended.reason;
    const text = "the modem does not tell how much it has sent; nothing more can follow without a gap or a repetition";
    const error = new ModemError(
      "CONNECTION_CLOSED",
      `${operation}: ${text}`,
      isModemError(reason) ? reason.cause : {},
    );
    this.#owner.broken(error);
    return error;
  }
}
