import type { Channel } from "../../at/channel-types";
import { quote } from "../../at/fields";
import { EARLIEST_YEAR, readClock } from "../../cellular/clock";
import { ModemError } from "../../errors";
import { command } from "../commands";

/**
 * Makes sure that the modem knows the date, by which it checks certificates: a clock that was never set is set from
 * this computer's.
 *
 * @throws {ModemError} `TLS_FAILED` when neither knows the date
 */
export async function ensureClock(channel: Channel): Promise<void> {
  const { text, time } = await readClock(channel);
  if (time !== undefined) return;
  const now = new Date();
  if (now.getUTCFullYear() < EARLIEST_YEAR) {
    const message = `validation ca+host+date: neither the modem's clock (${text}) nor this computer's is set; set one of them`;
    throw new ModemError("TLS_FAILED", message, { command: "AT+CCLK?", result: text });
  }
  // 27.007 8.15: local time and quarters of an hour from UTC; the modem reckons in UTC.
  const clock = now.toISOString().slice(2, 19).replaceAll("-", "/").replace("T", ",");
  await channel.send(command("+CCLK=", [quote(`${clock}+00`, { field: "clock", max: 20 })]));
}
