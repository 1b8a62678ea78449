import type { Channel } from "../at/channel-types";
import { quote } from "../at/fields";
import { delay } from "../delay";
import { isModemError, ModemError, type ModemErrorCause } from "../errors";
import type { SimQuestions } from "../services/model";
import { ask, command, query, TIMEOUTS } from "./commands";
import type { PinMemory, PinTrial, SimIdentity, Turn } from "./pin-memory";

export interface SimOptions {
  /** The port of the modem whose SIM it is, and its IMEI: what became of a PIN is remembered for each SIM. */
  readonly port: string;
  readonly imei?: string | undefined;
  readonly pin?: string | undefined;
  readonly pins: PinMemory;
  /** What the model can ask its SIM before the PIN. */
  readonly questions?: SimQuestions | undefined;
  /** ms that the SIM may take to boot. */
  readonly bootTime: number;
  /** ms between two looks at a SIM that boots. */
  readonly interval: number;
  readonly signal: AbortSignal;
}

/** Answers to +CPIN? with which the network can be used; PIN2 and PUK2 only guard phone books and charges. */
const USABLE = /^(READY|SIM PIN2|SIM PUK2)$/;
/** The SIM has not booted yet, or is not there: the words of BG96. */
const BOOTING_STATE = /^NOT (INSERTED|READY)$/;
/**
 * What an error to +CPIN? says about the state (27.007 9.2). Every other one is no verdict while the SIM may be booting:
 * modems say "operation not allowed", "unknown" or nothing but ERROR then.
 */
const STATE_BY_ERROR: Readonly<Record<number, string>> = {
  5: "PH-SIM PIN",
  6: "PH-FSIM PIN",
  7: "PH-FSIM PUK",
  11: "SIM PIN",
  12: "SIM PUK",
  17: "SIM PIN2",
  18: "SIM PUK2",
  40: "PH-NET PIN",
  41: "PH-NET PUK",
  42: "PH-NETSUB PIN",
  43: "PH-NETSUB PUK",
  44: "PH-SP PIN",
  45: "PH-SP PUK",
  46: "PH-CORP PIN",
  47: "PH-CORP PUK",
};
/** No SIM, once it has had its time to boot. */
const SIM_NOT_INSERTED = 10;
/** A SIM that this modem can't use, however long one waits. */
const SIM_WRONG = 15;
const INCORRECT_PASSWORD = 16;

const REMEDIES: Readonly<Record<string, string>> = {
  "SIM PUK":
    "The SIM is locked and asks for its PUK. Unlock it in a phone, then set the right PIN in the modem's settings.",
  "PH-SIM PIN": "The modem is locked to another SIM. Use that SIM or have the lock removed.",
  "PH-NET PIN": "The modem is locked to another operator. Use a SIM of that operator or have the lock removed.",
};

/**
 * Sees to it that the SIM can be used: waits while it boots, enters the PIN when it asks for one.
 *
 * @throws {ModemError} `SIM_ERROR`, with the remedy
 */
export async function unlockSim(channel: Channel, options: SimOptions): Promise<void> {
  const state = await readState(channel, options);
  if (USABLE.test(state)) return;
  if (state !== "SIM PIN") throw simError(REMEDIES[state] ?? needsPerson(state));
  await enterPin(channel, options);
}

/** The state by +CPIN?, once the SIM has booted. */
async function readState(channel: Channel, { bootTime, interval, signal }: SimOptions): Promise<string> {
  const deadline = performance.now() + bootTime;
  for (;;) {
    const { state, refusal } = await look(channel, { signal });
    if (refusal?.cause.errorCode === SIM_WRONG)
      throw simError(`The SIM can't be used: ${refusal.words}.`, refusal.cause);
    if (state !== undefined && !BOOTING_STATE.test(state)) return state;
    if (performance.now() >= deadline) {
      const { cause } = refusal ?? {};
      const words = cause?.errorText === undefined ? "" : ` (the modem says: ${cause.errorText})`;
      throw simError(`No SIM that works was found${words}. Insert one, or check its contacts.`, cause);
    }
    await delay(interval, signal);
  }
}

/**
 * What keeps a SIM that has worked before from working now. A refused question is no verdict but where its error names
 * one.
 *
 * @param timeout ms for the answer, where the model's manual has another
 * @returns undefined where nothing is known to be wrong
 */
export async function simTrouble(
  channel: Channel,
  timeout?: number,
): Promise<{ words: string; cause?: ModemErrorCause } | undefined> {
  const { state, refusal } = await look(channel, timeout === undefined ? {} : { timeout });
  if (state !== undefined) {
    const cause = refusal?.cause ?? { command: "AT+CPIN?", result: state };
    return USABLE.test(state) ? undefined : { words: state, cause };
  }
  if (refusal === undefined) return undefined;
  const { words, cause } = refusal;
  if (cause.errorCode === SIM_NOT_INSERTED) return { words: `${words}: is it inserted?`, cause };
  return cause.errorCode === SIM_WRONG ? refusal : undefined;
}

/** What the SIM shows at one look. */
interface Look {
  /** As the answer has it, or the error where that names one. */
  readonly state: string | undefined;
  /** Where the modem refused the question. */
  readonly refusal?: { readonly words: string; readonly cause: ModemErrorCause };
}

async function look(channel: Channel, options: { timeout?: number; signal?: AbortSignal }): Promise<Look> {
  try {
    const [fields] = await ask(channel, query("+CPIN?", [], options));
    return { state: fields?.[0]?.text || undefined };
  } catch (error) {
    if (!isModemError(error, "MODEM_REJECTED")) throw error;
    const { cause } = error;
    const state = STATE_BY_ERROR[cause.errorCode ?? -1];
    return { state, refusal: { words: cause.errorText ?? error.message, cause } };
  }
}

/** Attempts without a settled outcome after which a PIN counts as refused: a third one could lock the SIM. */
const MOST_UNSETTLED = 2;
/** Attempts that must be left, so that a wrong PIN does not lock the SIM. */
const FEWEST_LEFT = 2;

async function enterPin(channel: Channel, options: SimOptions): Promise<void> {
  const { port, imei = "", pin = "", pins } = options;
  if (pin === "") throw simError("The SIM asks for its PIN. Enter it in the modem's settings.");
  const enter = async (turn: Turn): Promise<void> => {
    options.signal.throwIfAborted();
    // Whoever was before may have entered it.
    if (turn.hasWaited && USABLE.test(await readState(channel, options))) return;
    await enterPinAlone(channel, { ...options, imei, pin }, turn);
  };
  await pins.alone({ imei, port }, enter, options.signal);
}

async function enterPinAlone(
  channel: Channel,
  options: SimOptions & { imei: string; pin: string },
  { problem }: Turn,
): Promise<void> {
  const { port, imei, pin, pins, questions } = options;
  const sim = { iccid: await questions?.iccid(), imei, port };
  const left = await questions?.pinAttempts();
  const before = await pins.recall(sim, pin).catch((error: unknown) => {
    throw simError(`The PIN was not sent, since what became of it before can't be read: ${words(error)}.`);
  });
  if (before !== undefined && !mayTry(before, left)) throw refused(left);
  if (problem !== undefined && before?.outcome !== "accepted") {
    throw simError(`The PIN was not sent, since another process may be trying it: ${words(problem)}.`);
  }
  if (left !== undefined && left < FEWEST_LEFT) throw tooFew(left);
  const times = (before?.outcome === "sent" ? before.times : 0) + 1;
  // On the disk before it is on the line: whatever breaks in here must not lead to a second attempt.
  if (before?.outcome !== "accepted") await keep(pins, sim, pin, { outcome: "sent", times, ...counted(left) });
  const { failure, isAnswered } = await sendPin(channel, options);
  const state = failure === undefined ? await becomesUsable(channel, options) : await readState(channel, options);
  const settle = (trial: PinTrial): Promise<void> =>
    pins.remember(sim, pin, trial).catch((error: unknown) => {
      channel.note(`what became of the PIN can't be kept: ${words(error)}`);
    });
  if (USABLE.test(state)) {
    if (before?.outcome !== "accepted") await settle({ outcome: "accepted", times: 0 });
    return;
  }
  const leftNow = await questions?.pinAttempts();
  const isUncounted = left !== undefined && leftNow !== undefined && leftNow >= left;
  const isRefused =
    (failure === undefined && isAnswered) ||
    failure?.errorCode === INCORRECT_PASSWORD ||
    !isUncounted ||
    times >= MOST_UNSETTLED;
  await settle(isRefused ? { outcome: "refused", times } : { outcome: "sent", times, ...counted(left) });
  if (state !== "SIM PIN") throw simError(REMEDIES[state] ?? needsPerson(state), failure);
  throw isRefused ? refused(leftNow, failure) : simError("The SIM could not take the PIN now.", failure);
}

/** An attempt that nobody saw the answer of may be made again where the SIM shows that it did not count. */
function mayTry({ outcome, times, left: before }: PinTrial, left: number | undefined): boolean {
  if (outcome !== "sent") return outcome === "accepted";
  return left !== undefined && before !== undefined && left >= before && times < MOST_UNSETTLED;
}

async function keep(pins: PinMemory, sim: SimIdentity, pin: string, trial: PinTrial): Promise<void> {
  await pins.remember(sim, pin, trial).catch((error: unknown) => {
    throw simError(`The PIN was not sent, since what becomes of it can't be kept: ${words(error)}.`);
  });
}

/** What the modem said against it, if it did. Without an answer the SIM itself shows what became of the PIN. */
async function sendPin(
  channel: Channel,
  { pin = "", signal }: SimOptions,
): Promise<{ failure?: ModemErrorCause; isAnswered: boolean }> {
  const field = quote(pin, { field: "pin", max: 8, secret: true });
  try {
    await channel.send(command("+CPIN=", [field], { timeout: TIMEOUTS.sim, signal }));
    return { isAnswered: true };
  } catch (error) {
    if (isModemError(error, "MODEM_REJECTED")) return { failure: error.cause, isAnswered: true };
    if (isModemError(error, "MODEM_TIMEOUT") && !signal.aborted) return { isAnswered: false };
    throw error;
  }
}

function counted(left: number | undefined): { left?: number } {
  return left === undefined ? {} : { left };
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A SIM may ask for the PIN for another moment after it has taken it. */
async function becomesUsable(channel: Channel, options: SimOptions): Promise<string> {
  const deadline = performance.now() + options.bootTime;
  for (;;) {
    const state = await readState(channel, options);
    if (state !== "SIM PIN" || performance.now() >= deadline) return state;
    await delay(options.interval, options.signal);
  }
}

function refused(left: number | undefined, cause?: ModemErrorCause): ModemError {
  const count = left === undefined ? "" : `; ${attempts(left)} left`;
  return simError(
    `The SIM did not accept the PIN in the modem's settings${count}. It is not tried again, since a third wrong one ` +
      "locks the SIM. Correct it in the settings.",
    cause,
  );
}

function tooFew(left: number): ModemError {
  return simError(
    `The SIM asks for its PIN, and only ${attempts(left)} left. The PIN was not sent, since a wrong one would lock the ` +
      "SIM. Enter the right one in a phone, which gives the SIM its attempts back.",
  );
}

function attempts(left: number): string {
  return left === 1 ? "1 attempt is" : `${left} attempts are`;
}

function needsPerson(state: string): string {
  return `The SIM asks for ${state}, which only a person can give.`;
}

function simError(message: string, cause?: ModemErrorCause): ModemError {
  return new ModemError("SIM_ERROR", message, cause);
}
