import type { Channel } from "../../at/channel-types";
import { trySend } from "../../cellular/commands";
import { isModemError } from "../../errors";
import { command } from "../commands";
import { numbersOf, type UbloxTraits } from "../traits";
import { exists } from "./control";

/**
 * Closes the modem's sockets that have no owner here. A port that was unplugged leaves them open: their peers wait, and
 * the modem refuses to listen on their ports again.
 */
export async function closeOrphanedSockets(
  channel: Channel,
  { limits, timeouts }: UbloxTraits,
  isOwned: (number: number) => boolean = () => false,
): Promise<void> {
  for (const number of numbersOf(limits.sockets)) {
    // It may get an owner while the modem is asked.
    if (isOwned(number) || !(await mayExist(channel, number)) || isOwned(number)) continue;
    await trySend(channel, command("+USOCL=", [number], { timeout: timeouts.closeSocket }));
  }
}

/** Closing one that there is not does no harm. */
async function mayExist(channel: Channel, number: number): Promise<boolean> {
  try {
    return await exists(channel, number);
  } catch (error) {
    if (isModemError(error, "PROTOCOL_ERROR")) return true;
    throw error;
  }
}
