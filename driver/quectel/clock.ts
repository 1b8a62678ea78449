import type { Channel } from "../at/channel-types";
import { commandLine, quote, splitFields } from "../at/fields";
import { ModemError } from "../errors";
import { TIMEOUTS } from "./timeouts";

/** A clock that shows an earlier year was never set: BG96's begins in 1980, a computer's without a battery in 1970. */
const EARLIEST_YEAR = 2020;

/**
 * Makes sure that the modem knows the date, by which it checks certificates: where nobody has set its clock it is set
 * from this computer's.
 *
 * @throws {ModemError} `TLS_FAILED` when neither knows the date
 */
export async function ensureClock(channel: Channel): Promise<void> {
  const question = { ...commandLine("+CCLK?"), expects: [{ prefix: "+CCLK:" }], timeout: TIMEOUTS.simple };
  const { lines } = await channel.send(question);
  const text = lines[0] === undefined ? "" : (splitFields(lines[0])[0]?.text ?? "");
  if (yearOf(text) >= EARLIEST_YEAR) return;
  const now = new Date();
  if (now.getUTCFullYear() < EARLIEST_YEAR) {
    const message = `validation ca+host+date: neither the modem's clock (${text}) nor this computer's is set; set one of them`;
    throw new ModemError("TLS_FAILED", message, { command: question.label, result: lines[0]?.text ?? "" });
  }
  // 27.007 8.15: local time and quarters of an hour from UTC; the modem reckons in UTC.
  const time = now.toISOString().slice(2, 19).replaceAll("-", "/").replace("T", ",");
  const clock = quote(`${time}+00`, { field: "clock", max: 20 });
  await channel.send({ ...commandLine("+CCLK=", clock), timeout: TIMEOUTS.simple });
}

/** `26/11/22,03:00:00+04`: two digits are of this century up to 69. NaN for what is no time. */
function yearOf(time: string): number {
  const [, digits] = /^(\d{2}|\d{4})\//.exec(time) ?? [];
  if (digits === undefined) return Number.NaN;
  if (digits.length === 4) return Number(digits);
  return Number(digits) + (Number(digits) < 70 ? 2000 : 1900);
}
