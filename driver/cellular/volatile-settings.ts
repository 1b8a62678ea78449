import type { Channel } from "../at/channel-types";
import type { Command } from "../at/command";
import { quote } from "../at/fields";
import { isModemError } from "../errors";
import { command } from "./commands";

/** A setting that a modem forgets at a reboot. */
export interface VolatileSetting {
  readonly command: Command;
  /** Sent where the first is refused. */
  readonly instead?: Command;
}

/**
 * Texts as ASCII: another program may have left the modem at UCS2, in which names come, and APNs are read, as hexadecimal
 * digits (27.007 5.5). Such a modem may want the name of the character set in them too.
 */
export const CHARACTER_SET: VolatileSetting = {
  command: command("+CSCS=", [quote("IRA", { field: "character set", max: 12 })]),
  instead: command("+CSCS=", [quote("004900520041", { field: "character set", max: 12 })]),
};

/** Lengths of message texts (27.005 3.3.2): without them a text of several lines may end where it pleases its sender. */
export const MESSAGE_LENGTHS: VolatileSetting = { command: command("+CSDH=", [1]) };

/**
 * Sends the settings one by one. None of them is worth a modem that can't be used: what is refused is left out.
 *
 * @returns what was refused, each with the modem's words
 */
export async function writeSettings(channel: Channel, settings: readonly VolatileSetting[]): Promise<string[]> {
  const refusals: string[] = [];
  for (const setting of settings) {
    const refusal = await refusalOf(channel, setting);
    if (refusal !== undefined) refusals.push(refusal);
  }
  return refusals;
}

async function refusalOf(
  channel: Channel,
  { command: setting, instead }: VolatileSetting,
): Promise<string | undefined> {
  try {
    await channel.send(setting);
    return undefined;
  } catch (error) {
    if (!isModemError(error, "MODEM_REJECTED")) throw error;
    if (instead !== undefined && (await refusalOf(channel, { command: instead })) === undefined) return undefined;
    return `${setting.label} (${error.cause.errorText ?? error.cause.result ?? error.message})`;
  }
}
