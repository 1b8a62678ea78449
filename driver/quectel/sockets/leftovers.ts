import type { Channel } from "../../at/channel-types";
import { commandLine, splitFields, toInteger } from "../../at/fields";
import { isModemError } from "../../errors";
import { TIMEOUTS } from "../timeouts";
import { SocketCommands, TCP, TLS } from "./commands";

/** Closes all sockets, TLS included: nobody is left who would. Firmware that can't tell of them is left alone. */
export async function closeOrphanedSockets(channel: Channel): Promise<void> {
  for (const family of [TCP, TLS]) {
    const question = { ...commandLine(family.state), expects: [{ prefix: `${family.state}:` }] };
    try {
      const { lines } = await channel.send({ ...question, timeout: TIMEOUTS.simple });
      const numbers = lines.map((line) => toInteger(splitFields(line)[0])).filter(Number.isInteger);
      for (const number of numbers) await new SocketCommands(channel, number, family).close();
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) throw error;
    }
  }
}
