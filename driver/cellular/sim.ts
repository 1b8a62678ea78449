import type { Channel } from "../at/channel-types";
import { quote } from "../at/fields";
import { delay } from "../delay";
import { isModemError, ModemError, type ModemErrorCause } from "../errors";
import { ask, command, query, TIMEOUTS, trySend } from "./commands";

export interface SimOptions {
  /** The port of the modem whose SIM it is: what became of a PIN is remembered for each. */
  readonly port: string;
  readonly pin?: string | undefined;
  readonly pins: PinMemory;
  /** ms that the SIM may take to boot. */
  readonly bootTime: number;
  /** ms between two looks at a SIM that boots. */
  readonly interval: number;
  readonly signal: AbortSignal;
}

/**
 * What became of the PINs that this process has tried.
 *
 * A SIM locks itself after three wrong ones. So a PIN that was not accepted is never sent again, however often the
 * modem is opened and the flow deployed. One that was accepted is sent again after a reboot.
 */
export class PinMemory {
  readonly #outcomes = new Map<string, "refused" | "accepted">();

  outcome(port: string, pin: string): "refused" | "accepted" | undefined {
    return this.#outcomes.get(`${pin} ${port}`);
  }

  remember(port: string, pin: string, outcome: "refused" | "accepted"): void {
    this.#outcomes.set(`${pin} ${port}`, outcome);
  }
}

/** Answers to +CPIN? with which the network can be used; PIN2 and PUK2 only guard phone books and charges. */
const USABLE = /^(READY|SIM PIN2|SIM PUK2)$/;
/** The SIM has not booted yet, or is not there: 27.007 9.2, and the words of BG96. */
const BOOTING_CODES: ReadonlySet<number> = new Set([10, 13, 14]);
const BOOTING_STATE = /^NOT (INSERTED|READY)$/;
/** What an error to +CPIN? says about the state. */
const STATE_BY_ERROR: Readonly<Record<number, string>> = {
  11: "SIM PIN",
  12: "SIM PUK",
  17: "SIM PIN2",
  18: "SIM PUK2",
};

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
  if (state !== "SIM PIN")
    throw simError(REMEDIES[state] ?? `The SIM asks for ${state}, which only a person can give.`);
  await enterPin(channel, options);
}

/** The state by +CPIN?, once the SIM has booted. */
async function readState(channel: Channel, { bootTime, interval, signal }: SimOptions): Promise<string> {
  const deadline = performance.now() + bootTime;
  for (;;) {
    const { state, cause } = await look(channel, signal);
    if (state !== undefined) return state;
    if (performance.now() >= deadline) {
      const words = cause?.errorText === undefined ? "" : ` (the modem says: ${cause.errorText})`;
      throw simError(`No SIM that works was found${words}. Insert one, or check its contacts.`, cause);
    }
    await delay(interval, signal);
  }
}

/** One look; without a `state` the SIM has not booted. */
async function look(channel: Channel, signal: AbortSignal): Promise<{ state?: string; cause?: ModemErrorCause }> {
  try {
    const [fields] = await ask(channel, query("+CPIN?", [], { signal }));
    const state = fields?.[0]?.text ?? "";
    return state === "" || BOOTING_STATE.test(state) ? {} : { state };
  } catch (error) {
    if (!isModemError(error, "MODEM_REJECTED")) throw error;
    const { cause } = error;
    const state = STATE_BY_ERROR[cause?.errorCode ?? -1];
    if (state !== undefined) return { state };
    const booting = cause?.errorCode === undefined || BOOTING_CODES.has(cause.errorCode);
    if (!booting) throw simError(`The SIM can't be used: ${cause?.errorText ?? error.message}.`, cause);
    return cause === undefined ? {} : { cause };
  }
}

async function enterPin(channel: Channel, options: SimOptions): Promise<void> {
  const { port, pin, pins, signal } = options;
  if (pin === undefined || pin === "") {
    throw simError("The SIM asks for its PIN. Enter it in the modem's settings.");
  }
  const before = pins.outcome(port, pin);
  if (before === "refused") throw refused();
  // Until the SIM has said yes the answer is no: whatever breaks in here must not lead to a second attempt.
  if (before === undefined) pins.remember(port, pin, "refused");
  const field = quote(pin, { field: "pin", max: 8, secret: true });
  const accepted = await trySend(channel, command("+CPIN=", [field], { timeout: TIMEOUTS.sim, signal }));
  const usable = accepted ? await becomesUsable(channel, options) : USABLE.test(await readState(channel, options));
  pins.remember(port, pin, usable ? "accepted" : "refused");
  if (!usable) throw refused();
}

/** A SIM may ask for the PIN for another moment after it has taken it. */
async function becomesUsable(channel: Channel, options: SimOptions): Promise<boolean> {
  const deadline = performance.now() + options.bootTime;
  for (;;) {
    const state = await readState(channel, options);
    if (state !== "SIM PIN" || performance.now() >= deadline) return USABLE.test(state);
    await delay(options.interval, options.signal);
  }
}

function refused(): ModemError {
  return simError(
    "The SIM did not accept the PIN in the modem's settings. It is not tried again, since a third wrong one locks " +
      "the SIM. Correct it; if it is right, restart Node-RED to have it tried once more.",
  );
}

function simError(message: string, cause?: ModemErrorCause): ModemError {
  return new ModemError("SIM_ERROR", message, cause);
}
