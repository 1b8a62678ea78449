import { isIP } from "node:net";
import type { Channel } from "../../at/channel-types";
import { now } from "../../at/clock";
import { type AnswerField, type Field, splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { askWhole } from "../../cellular/commands";
import { commandWithResult } from "../../cellular/result-urc";
import { delay } from "../../delay";
import { isModemError, ModemError } from "../../errors";
import { Pool } from "../../services/waiting/pool";
import { unlessAborted } from "../../services/waiting/unless-aborted";
import { command, query } from "../commands";
import type { UbloxTraits } from "../traits";

/** A look-up that fails within this time, in ms, failed inside the modem, and a second one may work. */
const QUICK_FAILURE_MS = 2000;
/** ms */
const RETRY_PAUSE_MS = 500;
/** ms that a look-up waits for the outcome of one that was given up, before it goes by the form that holds the line. */
const LATE_MS = 15_000;

/** The form that gives the line back at once. */
const ASYNCHRONOUS = 1;

/** A name whose address is wanted, or an address whose name is. */
export interface Wanted {
  readonly inverse: boolean;
  readonly text: Field;
  /** For messages. */
  readonly name: string;
}

/** What +UUDNSRN tells. */
type Outcome = { readonly found: string } | { readonly failure: number } | "unreadable";

/**
 * Looks names up by +UDNSRN, which gives the line back at once where the modem takes that form: +UUDNSRN tells the
 * outcome. A firmware that refuses the form is asked in the other one, which holds the line for up to 130 s.
 */
export class LookUp {
  readonly #channel: Channel;
  /** ms */
  readonly #timeout: number;
  /** +UUDNSRN does not tell of which look-up it is: there is one at a time. */
  readonly #turn = new Pool(["+UDNSRN"], { name: "look-ups" });
  #isAsynchronous = true;
  /** One whose outcome has not come, its caller may have left. */
  #pending: Promise<unknown> | undefined;

  constructor(channel: Channel, { timeouts }: UbloxTraits) {
    this.#channel = channel;
    this.#timeout = timeouts.dns;
  }

  /** @throws {ModemError} `MODEM_REJECTED` where nothing was found, `MODEM_TIMEOUT`, … */
  find(wanted: Wanted, signal: AbortSignal): Promise<string> {
    return this.#turn.withItem(() => this.#find(wanted, signal), { signal, owner: `look-up of ${wanted.name}` });
  }

  close(error: Error): void {
    this.#turn.close(error);
  }

  async #find(wanted: Wanted, signal: AbortSignal): Promise<string> {
    if (this.#pending !== undefined) await Promise.race([this.#pending, delay(LATE_MS, signal)]);
    const isAsynchronous = this.#isAsynchronous && this.#pending === undefined;
    const first = isAsynchronous ? this.#ask(wanted, signal) : this.#wait(wanted, signal);
    const since = now();
    try {
      return await first;
    } catch (error) {
      const isQuick = now() - since < QUICK_FAILURE_MS;
      if (!isQuick || !isModemError(error, "MODEM_REJECTED")) throw error;
      await delay(RETRY_PAUSE_MS, signal);
      if (isAsynchronous && isOutcome(error)) return this.#ask(wanted, signal);
      const found = await this.#wait(wanted, signal);
      // It was the form that was refused.
      if (isAsynchronous) this.#isAsynchronous = false;
      return found;
    }
  }

  async #ask(wanted: Wanted, signal: AbortSignal): Promise<string> {
    const asking = this.#start(wanted);
    const over = (): void => {
      if (this.#pending === pending) this.#pending = undefined;
    };
    const pending: Promise<void> = asking.then(over, over);
    this.#pending = pending;
    const outcome = await unlessAborted(asking, signal);
    if (outcome === "unreadable") return this.#wait(wanted, signal);
    if ("found" in outcome) return outcome.found;
    const result = `+UUDNSRN: ${outcome.failure}`;
    throw new ModemError("MODEM_REJECTED", `the modem answered ${result}`, {
      command: "+UDNSRN",
      result,
      errorCode: outcome.failure,
    });
  }

  /** No signal: who leaves while the modem accepts it would leave its outcome to the next look-up. */
  async #start({ inverse, text, name }: Wanted): Promise<Outcome> {
    const order = command("+UDNSRN=", [inverse ? 1 : 0, text, ASYNCHRONOUS], { timeout: this.#timeout });
    const { result } = await commandWithResult<Outcome>(this.#channel, order, {
      match: (line) => outcomeOf(line, inverse),
      timeout: this.#timeout,
      operation: `Looking up ${name}`,
      evenUnanswered: true,
    });
    return result;
  }

  async #wait({ inverse, text }: Wanted, signal: AbortSignal): Promise<string> {
    const question = query("+UDNSRN=", [inverse ? 1 : 0, text], { timeout: this.#timeout, signal });
    const whole = ([fields, ...more]: readonly (readonly AnswerField[])[]): string | undefined =>
      more.length === 0 ? resultOf(fields?.[0], inverse) : undefined;
    return unlessAborted(askWhole(this.#channel, question, whole), signal);
  }
}

/** `+UUDNSRN: [0,]"<address or name>"` or `+UUDNSRN: <error>`. */
function outcomeOf(line: Line, inverse: boolean): Outcome | undefined {
  if (!line.text.startsWith("+UUDNSRN:")) return undefined;
  const [first, second, ...more] = splitFields(line);
  const code = toInteger(first);
  if (code > 0 && second === undefined) return { failure: code };
  const found = resultOf(code === 0 ? second : first, inverse);
  return found === undefined || (code > 0 && more.length > 0) ? "unreadable" : { found };
}

/** undefined for what is neither an address nor a name. */
function resultOf(field: AnswerField | undefined, inverse: boolean): string | undefined {
  const text = field?.text ?? "";
  const isIt = inverse ? field?.quoted === true && text !== "" : isIP(text) !== 0;
  return isIt ? text : undefined;
}

/** Whether the modem took the question, and told by +UUDNSRN that it has found nothing. */
const isOutcome = (error: ModemError): boolean => error.cause?.result?.startsWith("+UUDNSRN:") === true;
