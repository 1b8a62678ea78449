import type { Channel } from "../at/channel-types";
import { command, trySend } from "./commands";
import { exists } from "./socket-control";
import { SOCKET_NUMBERS } from "./socket-numbers";
import { TIMEOUTS } from "./timeouts";

/**
 * Closes all sockets of a module that nobody here uses yet. A port that was unplugged leaves them open: their peers wait,
 * and what they listen on is refused to whoever wants to listen there again.
 */
export async function closeLeftovers(channel: Channel): Promise<void> {
  for (const number of SOCKET_NUMBERS) {
    if (!(await exists(channel, number))) continue;
    await trySend(channel, command("+USOCL=", [number], { timeout: TIMEOUTS.closeSocket }));
  }
}
