import type { Channel } from "../at/channel-types";
import { toInteger } from "../at/fields";
import { ask, trySend, unlessRejected } from "../cellular/commands";
import { type VolatileSetting, writeSettings } from "../cellular/volatile-settings";
import { command, query } from "./commands";

/** What the modem forgets at a reboot, in the order in which it is needed; a firmware or port may lack any of it. */
const VOLATILE_SETTINGS: readonly VolatileSetting[] = [
  // The echo marks the moment from which no URC can come before the answer.
  { command: command("E1") },
  // Errors in words (guide 10.1): the modem's words say more than its numbers.
  { command: command("+CMEE=", [2]), instead: command("+CMEE=", [1]) },
  // Hex mode of the sockets survives a reboot on some firmware of the family, and halves every transfer.
  { command: command("+UDCONF=", [1, 0]) },
  // DCD follows the carrier, so that the end of a data mode can be seen; DTR is ignored, so that opening the port does
  // not hang up. A USB port may have neither.
  { command: command("&C1") },
  { command: command("&D0") },
  // Tells the loss of a context (+CGEV); 2: keeps it while the line is busy, instead of dropping it.
  { command: command("+CGEREP=", [2, 1]) },
];

const READ_CSCON = query("+CSCON?", [], {
  // The answer is `<n>,<mode>`, the URC `<mode>` alone.
  expects: [{ prefix: "+CSCON:", accepts: (line) => line.text.includes(",") }],
});

/** Sends the settings that a reboot takes away, and turns on what is kept only where it is off; returns what was refused. */
export async function initialise(channel: Channel): Promise<string[]> {
  const refusals = await writeSettings(channel, VOLATILE_SETTINGS);
  await reportRadioState(channel);
  return refusals;
}

/** +CSCON=1 (guide 2.3.1) is LTE's only and kept in NVM: it is written once in a modem's life. */
async function reportRadioState(channel: Channel): Promise<void> {
  const answer = await unlessRejected(ask(channel, READ_CSCON));
  if (answer !== undefined && toInteger(answer[0]?.[0]) !== 1) await trySend(channel, command("+CSCON=", [1]));
}
