import type { Channel } from "../../at/channel-types";
import { transferTime } from "../../at/clock";
import { Priority } from "../../at/command";
import { quote, splitFields, toInteger } from "../../at/fields";
import { parseAddress } from "../../cellular/addresses";
import { ask, unlessRejected } from "../../cellular/commands";
import { isModemError } from "../../errors";
import { flush } from "../../services/sockets/flush";
import type { SocketAddress } from "../../services/sockets/sockets";
import { command, query } from "../commands";
import { TIMEOUTS } from "../timeouts";
import type { SocketState } from "./state";

/** +QIRD and +QSSLRECV (AT facts 2.2, 3.2). */
const LARGEST_READ = 1500;
/** s that closing may hold the line: until the peer has closed, too, or this is over. */
const CLOSING_TIME_S = 1;
/** For acknowledgements, before a socket is closed. */
const FLUSHING_MS = { limit: 5_000, pause: 100, growth: 2 } as const;
const SEND_FAILED = "SEND FAIL";

/** The commands of a kind of socket. */
export interface SocketFamily {
  readonly protocol: "tcp" | "udp";
  readonly send: string;
  readonly read: string;
  /** A datagram is read whole, without a length. */
  readonly readLength: number | undefined;
  readonly state: string;
  /** The state of one socket: parameters before its number. */
  readonly stateScope: readonly number[];
  readonly close: string;
  /** Whether a length of 0 asks for the counts of bytes. */
  readonly counts: boolean;
}

const PLAIN = { send: "+QISEND", read: "+QIRD", state: "+QISTATE", stateScope: [1], close: "+QICLOSE" } as const;

export const TCP: SocketFamily = { ...PLAIN, protocol: "tcp", readLength: LARGEST_READ, counts: true };
export const UDP: SocketFamily = { ...PLAIN, protocol: "udp", readLength: undefined, counts: false };
export const TLS: SocketFamily = {
  protocol: "tcp",
  send: "+QSSLSEND",
  read: "+QSSLRECV",
  readLength: LARGEST_READ,
  state: "+QSSLSTATE",
  stateScope: [],
  close: "+QSSLCLOSE",
  counts: false,
};

/** What was read. */
export interface Received {
  readonly data: Buffer;
  /** Of a datagram. */
  readonly from: SocketAddress | undefined;
  readonly damaged: boolean;
}

/** What +QISTATE tells. */
export interface ReportedState {
  readonly remote: SocketAddress | undefined;
  /** 0 initial, 1 opening, 2 connected, 3 listening, 4 closing. */
  readonly state: number;
}

/** 3 is printed for a connection that has just been made (AT facts 2.2). */
export const CONNECTED: ReadonlySet<number> = new Set([2, 3]);
/** The peer has closed, and what it has sent may still be read. */
export const CLOSING = 4;

/** The commands of one open socket, in their order. */
export class SocketControl {
  readonly #channel: Channel;
  readonly #number: number;
  readonly family: SocketFamily;
  readonly #priority: Priority;

  /** @param priority those of the background give way to others */
  constructor(channel: Channel, number: number, family: SocketFamily, priority = Priority.Background) {
    this.#channel = channel;
    this.#number = number;
    this.family = family;
    this.#priority = priority;
  }

  /** @returns false when the modem has no room for it: nothing was taken */
  async send(data: Uint8Array, to: SocketAddress | undefined, signal: AbortSignal | undefined): Promise<boolean> {
    const ip = to === undefined ? [] : [quote(to.ip, { field: "host", max: 39 }), to.port];
    const timeout = TIMEOUTS.send + transferTime(data.length, this.#channel.bytesPerSecond);
    const options = { upload: { prompt: ">", data }, timeout, signal, priority: this.#priority } as const;
    try {
      await this.#channel.send(command(`${this.family.send}=`, [this.#number, data.length, ...ip], options));
      return true;
    } catch (error) {
      if (isModemError(error, "MODEM_REJECTED") && error.cause?.result === SEND_FAILED) return false;
      throw error;
    }
  }

  /** @returns undefined when nothing has arrived */
  async read(signal: AbortSignal): Promise<Received | undefined> {
    const { read, readLength } = this.family;
    const length = readLength === undefined ? [] : [readLength];
    const { lines, data, damaged } = await this.#channel.send(
      command(`${read}=`, [this.#number, ...length], {
        download: { after: `${read}:`, length: "announced" },
        timeout: TIMEOUTS.simple + transferTime(LARGEST_READ, this.#channel.bytesPerSecond),
        priority: this.#priority,
        signal,
      }),
    );
    const [, ip, port] = lines[0] === undefined ? [] : splitFields(lines[0]);
    const from = address(ip?.text, toInteger(port));
    if (data === undefined || (data.length === 0 && from === undefined)) return undefined;
    return { data, from, damaged: damaged === true };
  }

  /** Bytes that the peer has not acknowledged; undefined where the modem does not tell. */
  async unacknowledged(signal?: AbortSignal): Promise<number | undefined> {
    return this.#count(this.family.send, signal);
  }

  /** Waits for acknowledgements before the socket is closed: +QICLOSE drops what has none. Never fails. */
  flush(state: SocketState, operation: string): Promise<void> {
    const unacknowledged = (signal: AbortSignal): Promise<number | undefined> => this.unacknowledged(signal);
    return flush({ operation, unacknowledged, hasEnded: () => state.hasEnded, stopped: state.stopped }, FLUSHING_MS);
  }

  /** Bytes that wait to be read; undefined where the modem does not tell. */
  async unread(): Promise<number | undefined> {
    return this.#count(this.family.read);
  }

  /** undefined for a socket that the modem does not know. */
  async state(): Promise<ReportedState | undefined> {
    const { state, stateScope } = this.family;
    const question = query(`${state}=`, [...stateScope, this.#number], { priority: this.#priority });
    const answer = await ask(this.#channel, question);
    const fields = answer.find(([number]) => toInteger(number) === this.#number);
    if (fields === undefined) return undefined;
    const [, , ip, port, , current] = fields;
    return { remote: address(ip?.text, toInteger(port)), state: toInteger(current) };
  }

  /** Whether the modem closed it, or knows of nothing to close. */
  async close(): Promise<boolean> {
    const timeout = TIMEOUTS.close + CLOSING_TIME_S * 1000;
    const closing = command(`${this.family.close}=`, [this.#number, CLOSING_TIME_S], {
      timeout,
      priority: this.#priority,
    });
    return this.#channel.send(closing).then(
      () => true,
      () => false,
    );
  }

  /** The last of `+QISEND: <total>,<acknowledged>,<not>` and `+QIRD: <total>,<read>,<unread>`. */
  async #count(name: string, signal?: AbortSignal): Promise<number | undefined> {
    if (!this.family.counts) return undefined;
    const question = query(`${name}=`, [this.#number, 0], { priority: this.#priority, signal });
    const answer = await unlessRejected(ask(this.#channel, question));
    const count = toInteger(answer?.[0]?.[2]);
    return Number.isNaN(count) ? undefined : count;
  }
}

function address(ip: string | undefined, port: number): SocketAddress | undefined {
  const parsed = ip === undefined ? undefined : parseAddress(ip);
  return parsed === undefined || Number.isNaN(port) ? undefined : { ip: parsed, port };
}
