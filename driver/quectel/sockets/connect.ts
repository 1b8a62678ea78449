import type { Command } from "../../at/command";
import { quote, splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { commandWithResult } from "../../cellular/result-urc";
import { isModemError, type ModemError } from "../../errors";
import { acquireBefore, type Deadline } from "../../services/waiting/deadline";
import { command } from "../commands";
import { numberedError, translated } from "../errors";
import { LATE_MS } from "../timeouts";
import type { KnownModem } from "../traits";
import { SocketControl, type SocketFamily } from "./control";
import type { SocketNumber, SocketNumbers } from "./numbers";
import { type Incoming, SocketState } from "./state";
import { SocketUrcs } from "./urcs";

/** Characters of a host that +QIOPEN takes. */
export const MAX_HOST = 150;
/** Access modes (AT facts 2.2): data wait in the modem until they are read, or the line carries nothing else. */
export const BUFFERED = 0;
export const TRANSPARENT = 2;

/** What is opened, checked. */
export interface Opening {
  /** As messages begin: `TCP connection to host, port 7`. */
  readonly operation: string;
  readonly family: SocketFamily;
  readonly cid: number;
  /** Of a connection over TLS. */
  readonly sslContext?: number;
  readonly service: "TCP" | "UDP SERVICE" | "TCP LISTENER";
  readonly host: string;
  readonly port: number;
  /** 0: the modem's own choice, for TCP. */
  readonly localPort: number;
}

/** An open socket. */
export interface Opened {
  readonly number: SocketNumber;
  readonly state: SocketState;
  /** Gives its number back. */
  release(): void;
}

/** Brings sockets and their numbers together. */
export class SocketOpener {
  readonly #modem: KnownModem;
  readonly #numbers: SocketNumbers;
  readonly #urcs: SocketUrcs;

  constructor(modem: KnownModem, numbers: SocketNumbers) {
    this.#modem = modem;
    this.#numbers = numbers;
    this.#urcs = new SocketUrcs(modem.channel, numbers);
  }

  /**
   * Opens on a free number. One that the modem says is in use, by an accepted connection or a raw command, is left alone.
   *
   * @throws {ModemError} as `openSocket`; `MODEM_BUSY` when there is no number
   */
  async open(
    opening: Opening,
    deadline: Deadline,
    onIncoming?: (incoming: Incoming, isListening: boolean) => void,
  ): Promise<Opened> {
    const open = async (opened: Opened): Promise<Opened> => {
      await openSocket(this.#modem, opened.number, opening, deadline);
      return opened;
    };
    return this.openBy(open, opening, deadline, onIncoming);
  }

  /** As `open`, but by what `dial` does, which rejects as `openSocket`. */
  async openBy<T>(
    dial: (opened: Opened) => Promise<T>,
    { cid, operation }: Opening,
    deadline: Deadline,
    onIncoming?: (incoming: Incoming, isListening: boolean) => void,
  ): Promise<T> {
    const refused: SocketNumber[] = [];
    try {
      for (;;) {
        const number = await this.#next(refused.length, operation, deadline);
        const opened = this.#watch(number, new SocketState(cid, onIncoming));
        try {
          return await dial(opened);
        } catch (error) {
          this.#urcs.unwatch(number.value, opened.state);
          refused.push(number);
          if (!isInUse(error)) throw error;
        }
      }
    } finally {
      for (const number of refused) number.release();
    }
  }

  /** Takes a connection that the modem accepted. */
  accept(number: number, cid: number, owner: string): Opened {
    return this.#watch(this.#numbers.claim(number, owner), new SocketState(cid));
  }

  loseAll(error: ModemError): void {
    this.#urcs.loseAll(error);
  }

  dispose(error: Error): void {
    this.#numbers.close(error);
    this.#urcs.dispose();
  }

  /** After a refusal only a number that is free now: the others may all be in use as well. */
  async #next(refusals: number, owner: string, deadline: Deadline): Promise<SocketNumber> {
    const isFree = this.#numbers.available > 0;
    if (refusals > 0 && !isFree) throw this.#numbers.busy("or taken by others");
    return this.#numbers.acquire(acquireBefore({ remaining: deadline.remaining, signal: deadline.outer }, owner));
  }

  #watch(number: SocketNumber, state: SocketState): Opened {
    this.#urcs.watch(number.value, state);
    const release = (): void => {
      this.#urcs.unwatch(number.value, state);
      number.release();
    };
    return { number, state, release };
  }
}

/**
 * Opens a socket by +QIOPEN or +QSSLOPEN, and closes it when that fails: a failed one has to be, too (AT facts 2.2).
 *
 * @throws {ModemError} in the words of the table of errors; the deadline's reason
 */
export async function openSocket(
  modem: KnownModem,
  number: SocketNumber,
  opening: Opening,
  deadline: Deadline,
): Promise<void> {
  deadline.signal.throwIfAborted();
  const { operation, family } = opening;
  const { name, order } = openCommand(number.value, opening, BUFFERED);
  const match = resultOf(name, number.value, operation, order.label);
  let reported = false;
  const wait = {
    match: (line: Line) => {
      const result = match(line);
      reported ||= result !== undefined;
      return result;
    },
    timeout: deadline.remaining + LATE_MS,
    operation,
    signal: deadline.signal,
  };
  try {
    await commandWithResult(modem.channel, order, wait);
  } catch (error) {
    const control = new SocketControl(modem, number.value, family);
    // One that was accepted meanwhile has the number now.
    const close = async (): Promise<boolean> => !number.isHeld || control.close();
    // What the modem refuses to open may be another's.
    const isRefused = isModemError(error, "MODEM_REJECTED") && !reported;
    if (reported && !isInUse(error)) await close();
    if (!reported && !isRefused && !isModemGone(error)) await abandon(modem, close, match);
    throw translated(error, operation);
  }
}

/** Whether the number is in use on the modem. */
export function isInUse(error: unknown): boolean {
  return isModemError(error) && error.cause?.errorCode === 563;
}

/** Whether there is no modem that a socket could be closed on. */
export function isModemGone(error: unknown): boolean {
  return isModemError(error, "MODEM_RESTARTED") || isModemError(error, "MODEM_OFFLINE");
}

export function openCommand(
  number: number,
  { cid, sslContext, service, host, port, localPort }: Opening,
  mode: typeof BUFFERED | typeof TRANSPARENT,
): { name: string; order: Command } {
  const server = quote(host, { field: "host", max: MAX_HOST });
  if (sslContext !== undefined) {
    const name = "+QSSLOPEN";
    return { name, order: command(`${name}=`, [cid, sslContext, number, server, port, mode]) };
  }
  const name = "+QIOPEN";
  const kind = quote(service, { field: "service", max: 12 });
  return { name, order: command(`${name}=`, [cid, number, kind, server, port, localPort, mode]) };
}

function resultOf(name: string, number: number, operation: string, command: string) {
  return (line: Line): true | ModemError | undefined => {
    const [socket, result] = line.text.startsWith(`${name}:`) ? splitFields(line) : [];
    if (toInteger(socket) !== number) return undefined;
    const error = toInteger(result);
    return error === 0 ? true : numberedError(error, { operation, command, result: line.text });
  };
}

/** Closes a socket that may yet open: where the modem will not hear of it now, once its result has come. */
async function abandon(
  { channel, model }: KnownModem,
  close: () => Promise<boolean>,
  match: (line: Line) => unknown,
): Promise<void> {
  const late = channel.waitForUrc(match, { timeout: model.timeouts.connect, operation: "Giving up a connection" });
  try {
    if (await close()) return;
    late.start();
    await late.promise.then(close, () => undefined);
  } finally {
    late.cancel();
  }
}
