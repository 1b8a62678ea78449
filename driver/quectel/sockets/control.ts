import type { Channel } from "../../at/channel-types";
import { transferTime } from "../../at/clock";
import { Priority } from "../../at/command";
import { type AnswerField, quote, toInteger } from "../../at/fields";
import { parseAddress } from "../../cellular/addresses";
import { askWhole, unlessRejected } from "../../cellular/commands";
import { isModemError } from "../../errors";
import { flush } from "../../services/sockets/flush";
import type { SocketAddress } from "../../services/sockets/sockets";
import { command, query } from "../commands";
import { SIMPLE_MS } from "../timeouts";
import type { KnownModem, QuectelTraits } from "../traits";
import { type Part, parsePart } from "./received";
import type { SocketState } from "./state";

/** Reads in a row that bring nothing that can be understood, and have taken nothing from the modem. */
const UNCLEAR_READS = 3;
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
  /** Whether a read tells how much it takes at most; a datagram is read whole. */
  readonly readsPart: boolean;
  readonly state: string;
  /** The state of one socket: parameters before its number. */
  readonly stateScope: readonly number[];
  readonly close: string;
  /** Whether a length of 0 asks for the counts of bytes. */
  readonly counts: boolean;
}

const PLAIN = { send: "+QISEND", read: "+QIRD", state: "+QISTATE", stateScope: [1], close: "+QICLOSE" } as const;

export const TCP: SocketFamily = { ...PLAIN, protocol: "tcp", readsPart: true, counts: true };
export const UDP: SocketFamily = { ...PLAIN, protocol: "udp", readsPart: false, counts: false };
export const TLS: SocketFamily = {
  protocol: "tcp",
  send: "+QSSLSEND",
  read: "+QSSLRECV",
  readsPart: true,
  state: "+QSSLSTATE",
  stateScope: [],
  close: "+QSSLCLOSE",
  counts: false,
};

/** What was read; `damaged` where bytes were lost or added on the way. */
export type Received = Part | "damaged";

/** What +QISTATE tells. */
export interface ReportedState {
  readonly remote: SocketAddress | undefined;
  /** 0 initial, 1 opening, 2 connected, 3 listening, 4 closing. */
  readonly state: number;
}

/** 3 is printed for a connection that has just been made (AT facts 2.2). */
export const CONNECTED: ReadonlySet<number> = new Set([2, 3]);
export const LISTENING = 3;
/** The peer has closed, and what it has sent may still be read. */
export const CLOSING = 4;

/** The commands of one open socket, in their order. */
export class SocketControl {
  readonly #modem: KnownModem;
  readonly #channel: Channel;
  readonly #model: QuectelTraits;
  readonly #number: number;
  readonly family: SocketFamily;
  readonly #priority: Priority;
  /** Bytes of a stream that were read, whole. */
  #taken = 0;

  /** @param priority those of the background give way to others */
  constructor(modem: KnownModem, number: number, family: SocketFamily, priority = Priority.Background) {
    this.#modem = modem;
    this.#channel = modem.channel;
    this.#model = modem.model;
    this.#number = number;
    this.family = family;
    this.#priority = priority;
  }

  /** @returns false when the modem has no room for it: nothing was taken */
  async send(data: Uint8Array, to: SocketAddress | undefined, signal: AbortSignal | undefined): Promise<boolean> {
    const ip = to === undefined ? [] : [quote(to.ip, { field: "host", max: 39 }), to.port];
    const timeout = this.#model.timeouts.send + transferTime(data.length, this.#channel.bytesPerSecond);
    const options = { upload: { prompt: ">", data }, timeout, signal, priority: this.#priority } as const;
    try {
      await this.#channel.send(command(`${this.family.send}=`, [this.#number, data.length, ...ip], options));
      return true;
    } catch (error) {
      if (isModemError(error, "MODEM_REJECTED") && error.cause?.result === SEND_FAILED) return false;
      throw error;
    }
  }

  /**
   * @returns undefined when nothing has arrived; `damaged` when an answer is not whole, unless the modem's own counts
   * prove that it has given nothing: then it is read again
   */
  async read(signal: AbortSignal): Promise<Received | undefined> {
    for (let tries = 1; ; tries += 1) {
      const part = await this.#readPart(signal);
      if (part !== undefined) {
        this.#taken += part.data.length;
        return part.data.length === 0 && part.from === undefined ? undefined : part;
      }
      const counts = await this.#counts(this.family.read, signal);
      const hasTakenNothing = counts !== undefined && counts[1] === this.#taken;
      if (!hasTakenNothing || tries === UNCLEAR_READS) return "damaged";
    }
  }

  /** Whether all that has arrived was read, as far as the modem tells. */
  async hasAll(): Promise<boolean> {
    const [total, read, unread] = (await this.#counts(this.family.read)) ?? [0, 0, 0];
    // Of a connection that is over firmware may tell nothing but zeros.
    return total === 0 || (read === this.#taken && unread === 0);
  }

  async #readPart(signal: AbortSignal): Promise<Part | undefined> {
    const { read, readsPart } = this.family;
    const most = this.#model.limits.read;
    const length = readsPart ? [most] : [];
    const response = await this.#channel.send(
      command(`${read}=`, [this.#number, ...length], {
        download: { after: `${read}:`, length: "announced", tellsBehind: true },
        timeout: SIMPLE_MS + transferTime(most, this.#channel.bytesPerSecond),
        priority: this.#priority,
        signal,
      }),
    );
    return parsePart(response, this.family, this.#modem);
  }

  /** Bytes that the peer has not acknowledged; undefined where the modem does not tell. */
  async unacknowledged(signal?: AbortSignal): Promise<number | undefined> {
    return (await this.#counts(this.family.send, signal))?.[2];
  }

  /** Bytes that it has counted as taken since it was opened; undefined where the modem does not tell. */
  async takenInAll(signal?: AbortSignal): Promise<number | undefined> {
    return (await this.#counts(this.family.send, signal))?.[0];
  }

  /** Waits for acknowledgements before the socket is closed: +QICLOSE drops what has none. Never fails. */
  flush(state: SocketState, operation: string): Promise<void> {
    const unacknowledged = (signal: AbortSignal): Promise<number | undefined> => this.unacknowledged(signal);
    return flush({ operation, unacknowledged, hasEnded: () => state.hasEnded, stopped: state.stopped }, FLUSHING_MS);
  }

  /** Bytes that wait to be read; undefined where the modem does not tell. */
  async unread(): Promise<number | undefined> {
    return (await this.#counts(this.family.read))?.[2];
  }

  /** undefined for a socket that the modem does not know. */
  async state(): Promise<ReportedState | undefined> {
    const { state, stateScope } = this.family;
    const question = query(`${state}=`, [...stateScope, this.#number], { priority: this.#priority });
    const parse = (lines: readonly (readonly AnswerField[])[]) => parseState(lines, this.#number);
    return (await askWhole(this.#channel, question, parse))[0];
  }

  /** Whether the modem closed it. A close that was refused or lost, of a socket that is still there, goes once more. */
  async close(): Promise<boolean> {
    if (await this.#tryClose()) return true;
    const reported = await this.state().catch(() => undefined);
    return reported !== undefined && this.#tryClose();
  }

  #tryClose(): Promise<boolean> {
    const timeout = this.#model.timeouts.close + CLOSING_TIME_S * 1000;
    const closing = command(`${this.family.close}=`, [this.#number, CLOSING_TIME_S], {
      timeout,
      priority: this.#priority,
    });
    return this.#channel.send(closing).then(
      () => true,
      () => false,
    );
  }

  /**
   * `+QISEND: <total>,<acknowledged>,<not>` and `+QIRD: <total>,<read>,<unread>`; undefined where the modem does not tell.
   *
   * @throws {ModemError} `PROTOCOL_ERROR` for an answer that can't be read: no count is taken for 0
   */
  async #counts(name: string, signal?: AbortSignal): Promise<Counts | undefined> {
    if (!this.family.counts) return undefined;
    const question = query(`${name}=`, [this.#number, 0], { priority: this.#priority, signal });
    return unlessRejected(askWhole(this.#channel, question, parseCounts));
  }
}

type Counts = readonly [total: number, done: number, left: number];

function parseCounts(lines: readonly (readonly AnswerField[])[]): Counts | undefined {
  const [total = -1, done = -1, left = -1, ...more] = lines[0]?.map(toInteger) ?? [];
  const isWhole = lines.length === 1 && more.length === 0 && done >= 0 && left >= 0 && done + left === total;
  return isWhole ? [total, done, left] : undefined;
}

/** None, or one line that is whole: `<number>,"<service>","<ip>",<port>,<local port>,<state>,<context>,<server>,<mode>,"…"`. */
function parseState(lines: readonly (readonly AnswerField[])[], wanted: number): [ReportedState?] | undefined {
  if (lines.length === 0) return [];
  const [number, service, ip, port, ...rest] = lines[0] ?? [];
  const [local, current, cid, server, mode, line] = rest;
  const state = toInteger(current);
  const isOf = lines.length === 1 && toInteger(number) === wanted && service?.quoted === true && ip?.quoted === true;
  const isWhole = [port, local, current, cid, server, mode].every((field) => toInteger(field) >= 0);
  const remote = address(ip?.text, toInteger(port));
  // A service has no peer: its address is all zeros.
  const hasAddress = remote !== undefined || /^[0.:]*$/.test(ip?.text ?? "");
  if (!isOf || !isWhole || !hasAddress || state > CLOSING || line?.quoted === false) return undefined;
  return [{ remote, state }];
}

function address(ip: string | undefined, port: number): SocketAddress | undefined {
  const parsed = ip === undefined ? undefined : parseAddress(ip);
  return parsed === undefined || Number.isNaN(port) ? undefined : { ip: parsed, port };
}
