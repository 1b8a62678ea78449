import type { Channel } from "../at/channel-types";
import { ask, query } from "./commands";

/** A clock that shows an earlier year was never set: modems begin in 1970, 1980, 2004 or 2015. */
export const EARLIEST_YEAR = 2020;
/** 27.007 8.15: the zone is counted in quarters of an hour. */
const QUARTER_MS = 15 * 60_000;

export interface ModemClock {
  /** As the modem tells it. */
  readonly text: string;
  /** Undefined where it was never set. */
  readonly time?: Date;
}

/** The modem's clock (27.007 8.15), by which it checks the dates of certificates. */
export async function readClock(channel: Channel, signal?: AbortSignal): Promise<ModemClock> {
  const [fields] = await ask(channel, query("+CCLK?", [], { signal }));
  const text = fields?.[0]?.text ?? "";
  const time = parseClock(text);
  return { text, ...(time !== undefined && time.getUTCFullYear() >= EARLIEST_YEAR ? { time } : {}) };
}

/** `26/11/22,03:00:00+04`: local time, and its distance from UTC; two digits are of this century up to 69. */
function parseClock(text: string): Date | undefined {
  const match = /^(\d{2}|\d{4})\/(\d\d)\/(\d\d),(\d\d):(\d\d):(\d\d)([+-]\d\d)?$/.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0, zone = 0] = match
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0));
  const fullYear = year >= 100 ? year : year + (year < 70 ? 2000 : 1900);
  return new Date(Date.UTC(fullYear, month - 1, day, hours, minutes, seconds) - zone * QUARTER_MS);
}
