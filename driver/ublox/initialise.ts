import type { Channel } from "../at/channel-types";
import type { Command } from "../at/command";
import { toInteger } from "../at/fields";
import { ask, trySend, unlessRejected } from "../cellular/commands";
import { command, query } from "./commands";

interface Setting {
  readonly command: Command;
  /** The modem can't be used without it; the others are tolerated where firmware or port refuse them. */
  readonly essential: boolean;
}

/** What the modem forgets at a reboot, in the order in which it is needed. */
const VOLATILE_SETTINGS: readonly Setting[] = [
  // The echo marks the moment from which no URC can come before the answer.
  { command: command("E1"), essential: true },
  // Errors in words (guide 10.1): the modem's words say more than its numbers.
  { command: command("+CMEE=", [2]), essential: true },
  // Hex mode of the sockets survives a reboot on some firmware of the family, and halves every transfer.
  { command: command("+UDCONF=", [1, 0]), essential: false },
  // DCD follows the carrier, so that the end of a data mode can be seen; DTR is ignored, so that opening the port does
  // not hang up. A USB port may have neither.
  { command: command("&C1"), essential: false },
  { command: command("&D0"), essential: false },
  // Tells the loss of a context (+CGEV); 2: keeps it while the line is busy, instead of dropping it.
  { command: command("+CGEREP=", [2, 1]), essential: false },
];

const READ_CSCON = query("+CSCON?", [], {
  // The answer is `<n>,<mode>`, the URC `<mode>` alone.
  expects: [{ prefix: "+CSCON:", accepts: (line) => line.text.includes(",") }],
});

/** Sends the settings that a reboot takes away, and turns on what is kept only where it is off. */
export async function initialise(channel: Channel): Promise<void> {
  for (const { command: setting, essential } of VOLATILE_SETTINGS) {
    if (essential) await channel.send(setting);
    else await trySend(channel, setting);
  }
  await reportRadioState(channel);
}

/** +CSCON=1 (guide 2.3.1) is LTE's only and kept in NVM: it is written once in a modem's life. */
async function reportRadioState(channel: Channel): Promise<void> {
  const answer = await unlessRejected(ask(channel, READ_CSCON));
  if (answer !== undefined && toInteger(answer[0]?.[0]) !== 1) await trySend(channel, command("+CSCON=", [1]));
}
