import type { Channel } from "../at/channel-types";
import { toInteger } from "../at/fields";
import { ask, command, query, TIMEOUTS, trySend, unlessRejected } from "./commands";

/** <fun> of +CFUN (27.007 8.2) as far as all models agree. 0 turns the SIM off too. */
export const FUNCTIONALITY = { minimum: 0, full: 1 } as const;

/** Reads +CFUN; undefined where the modem doesn't tell. */
export async function readFunctionality(channel: Channel): Promise<number | undefined> {
  const answer = await unlessRejected(ask(channel, query("+CFUN?")));
  const value = toInteger(answer?.[0]?.[0]);
  return Number.isNaN(value) ? undefined : value;
}

/** Turns the radio on. Where that is refused it may be on: whether there is a network shows. */
export async function turnRadioOn(channel: Channel, signal: AbortSignal): Promise<void> {
  await trySend(
    channel,
    command("+CFUN=", [FUNCTIONALITY.full], { timeout: TIMEOUTS.radio, repeatable: true, signal }),
  );
}

/**
 * Turns the radio off and on, which makes the modem look for a network afresh.
 *
 * By <fun> 0, not 4: LARA-R6 keeps 4 in NVM, and flash wears out.
 *
 * @param timeout ms for each half
 */
export async function cycleRadio(
  channel: Channel,
  signal: AbortSignal,
  timeout: number = TIMEOUTS.radio,
): Promise<void> {
  const options = { timeout, repeatable: true, signal };
  await channel.send(command("+CFUN=", [FUNCTIONALITY.minimum], options));
  await channel.send(command("+CFUN=", [FUNCTIONALITY.full], options));
}
