import type { Channel } from "../../at/channel-types";
import type { Command } from "../../at/command";
import { splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { trySend } from "../../cellular/commands";
import { delay } from "../../delay";
import { isModemError, ModemError } from "../../errors";
import { command } from "../commands";
import { SIMPLE_MS, type UbloxTimeouts } from "../timeouts";
import type { UbloxTraits } from "../traits";
import { exists, readState } from "./control";
import { readLastError } from "./errors";
import type { ConnectPlan } from "./plan";

/** ms between two looks at a socket that connects: the URC that tells of it may be lost. */
const LOOK_MS = 15_000;
/** ms between two attempts to close one that nobody waits for any more. */
const RETRY_MS = 5000;
/** What a connection is not yet, or not any more before it was one. */
const UNCONNECTED: ReadonlySet<string> = new Set(["closed", "listen", "syn-sent", "syn-received"]);

/** That the modem could not connect, with the number of the reason where it tells one. */
export interface Refused {
  readonly refusal: ModemError;
  readonly number: number | undefined;
}

/** A socket that is to be connected. */
export interface Reached {
  readonly number: number;
  readonly plan: ConnectPlan;
  readonly secure: boolean;
  /** Set when it was closed because nobody waits for it any more. */
  isClosed: boolean;
}

/**
 * Connects by +USOCO, which gives the line back at once where the modem takes that form (AT facts 3): +UUSOCO tells the
 * outcome. A firmware that refuses the form is asked in the other one, which holds the line for up to 130 s.
 */
export class Reach {
  readonly #timeouts: UbloxTimeouts;
  #isAsynchronous = true;

  constructor({ timeouts }: UbloxTraits) {
    this.#timeouts = timeouts;
  }

  /** Resolves when the modem is connected, or to its refusal. Rejects by `signal`: then the socket is closed. */
  async run(channel: Channel, socket: Reached, signal: AbortSignal): Promise<Refused | undefined> {
    if (!this.#isAsynchronous) return this.#wait(channel, socket);
    const refused = await this.#start(channel, socket, signal);
    if (refused === undefined || refused.isFinal) return refused;
    // It may be the form that is refused. A socket that could not connect is gone (guide 5.1).
    const isThere = await exists(channel, socket.number).catch(() => false);
    if (!isThere) return refused;
    signal.throwIfAborted();
    const again = await this.#wait(channel, socket);
    if (again === undefined) this.#isAsynchronous = false;
    return again;
  }

  async #wait(channel: Channel, socket: Reached): Promise<Refused | undefined> {
    try {
      await channel.send(this.#order(socket, []));
      return undefined;
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) throw error;
      return { refusal: error, number: await readLastError(channel) };
    }
  }

  async #start(
    channel: Channel,
    socket: Reached,
    signal: AbortSignal,
  ): Promise<(Refused & { readonly isFinal: boolean }) | undefined> {
    const started = this.#order(socket, [1]);
    const { operation } = socket.plan;
    const waiter = channel.waitForUrc((line) => outcomeOf(line, socket.number), {
      timeout: this.#timeouts.connectSocket,
      operation,
      signal,
    });
    waiter.promise.catch(() => undefined);
    const looking = new AbortController();
    try {
      await channel.send(started);
      waiter.start();
      const code = await Promise.race([waiter.promise, this.#look(channel, socket, looking.signal)]);
      if (code === 0 && (socket.secure || (await hasConnected(channel, socket.number)))) return undefined;
      const cause = { command: started.label, result: `+UUSOCO: ${socket.number},${code}` };
      const refusal = new ModemError("MODEM_REJECTED", `The modem could not connect (${started.label})`, cause);
      const last = await readLastError(channel);
      return { refusal, number: code > 0 ? code : last, isFinal: true };
    } catch (error) {
      if (isModemError(error, "MODEM_REJECTED") && !signal.aborted)
        return { refusal: error, number: await readLastError(channel), isFinal: false };
      if (!isModemGone(error)) await giveUp(channel, socket, this.#timeouts);
      throw error;
    } finally {
      waiter.cancel();
      looking.abort();
    }
  }

  /** Asks now and then what has become of it: the code that the URC would tell. Of TLS that does not show. */
  async #look(channel: Channel, { number, secure }: Reached, signal: AbortSignal): Promise<number> {
    for (;;) {
      await delay(LOOK_MS, signal).catch(() => undefined);
      if (signal.aborted || secure) return new Promise(() => undefined);
      try {
        const state = await readState(channel, number);
        if (state === undefined) return (await readLastError(channel)) ?? -1;
        if (!UNCONNECTED.has(state)) return 0;
      } catch {
        // It may take no question now.
      }
    }
  }

  #order({ number, plan }: Reached, form: readonly number[]): Command {
    const timeout = form.length > 0 ? SIMPLE_MS : this.#timeouts.connectSocket;
    return command("+USOCO=", [number, plan.target, plan.port, ...form], { timeout });
  }
}

/** `+UUSOCO: <socket>,<error>`; undefined for what is not of that socket, or not whole. */
function outcomeOf(line: Line, number: number): number | undefined {
  if (!line.text.startsWith("+UUSOCO:")) return undefined;
  const [socket, error, ...more] = splitFields(line);
  const code = toInteger(error);
  return toInteger(socket) === number && code >= 0 && more.length === 0 ? code : undefined;
}

/** Whether it is not connecting any more; one that has been closed since was connected. */
async function hasConnected(channel: Channel, number: number): Promise<boolean> {
  const state = await readState(channel, number).catch(() => undefined);
  return state === undefined || !UNCONNECTED.has(state) || state === "closed";
}

/** Ends an attempt, now or, where the modem refuses that, as soon as it takes it. Never fails. */
async function giveUp(channel: Channel, socket: Reached, timeouts: UbloxTimeouts): Promise<void> {
  const { number, plan } = socket;
  const late = channel.waitForUrc((line) => outcomeOf(line, number), {
    timeout: timeouts.connectSocket,
    operation: plan.operation,
  });
  let isOver = false;
  const over = late.promise.then(
    () => {
      isOver = true;
    },
    () => {
      isOver = true;
    },
  );
  late.start();
  try {
    // With the outcome it can be closed; what is left of it then is closed by its owner.
    for (let isLast = false; !isLast; ) {
      isLast = isOver;
      const closing = command("+USOCL=", [number], { timeout: timeouts.closeSocket });
      // One that could not connect is gone, and its outcome may have been told long ago, or never (guide 5.1). During a TLS
      // handshake the modem refuses to tell of any (guide 5.11): that says nothing.
      const isGone = async (): Promise<boolean> => !socket.secure && !(await exists(channel, number));
      socket.isClosed = (await trySend(channel, closing)) || (await isGone());
      if (socket.isClosed) return;
      if (!isLast) await pauseUnless(over);
    }
  } catch {
    // See above.
  } finally {
    late.cancel();
  }
}

/** Waits for some seconds, or until `over`. */
async function pauseUnless(over: Promise<void>): Promise<void> {
  const pause = new AbortController();
  await Promise.race([over, delay(RETRY_MS, pause.signal).catch(() => undefined)]);
  pause.abort();
}

function isModemGone(error: unknown): boolean {
  return isModemError(error, "MODEM_RESTARTED") || isModemError(error, "MODEM_OFFLINE");
}
