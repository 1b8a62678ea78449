import type { Call, CommandDefinition } from "../line/command";
import { CommandError } from "../line/command-error";
import { expectCount, INCORRECT_PARAMETERS, stringAt } from "../line/parameters";
import type { Modem } from "../modem";

const QUARTER_HOUR_MS = 15 * 60_000;

/** Clock and its network updates (27.007 8.15). */
export const timeCommands: readonly CommandDefinition[] = [
  { name: "+CCLK", set: setClock, read: readClock, test: () => undefined },
];

interface Clock {
  /** ms ahead of this computer's clock */
  ahead: number;
  /** quarter hours east of UTC */
  zone: number;
}

/** Sets the modem's clock; `zone` in quarter hours east of UTC. */
export function setTime(modem: Modem, utc: number, zone: number): void {
  Object.assign(clock(modem), { ahead: utc - Date.now(), zone });
}

/** The modem's clock runs from here on. */
export function startClock(modem: Modem): void {
  clock(modem);
}

/** The modem's current time. */
export function clockTime(modem: Modem): Date {
  return new Date(Date.now() + clock(modem).ahead);
}

function clock(modem: Modem): Clock {
  const now = Date.now();
  return modem.service("common.clock", () => ({ ahead: (modem.personality.clockAtBoot ?? now) - now, zone: 0 }));
}

function setClock(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const match = /^(\d\d)\/(\d\d)\/(\d\d),(\d\d):(\d\d):(\d\d)([+-]\d\d)?$/.exec(stringAt(call, 0, 20));
  if (match === null) throw new CommandError(INCORRECT_PARAMETERS);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zone = 0] = match
    .slice(1)
    .map((text) => Number(text ?? 0));
  const local = Date.UTC(2000 + year, month - 1, day, hour, minute, second);
  const exists = stamp(local) === (match[0] ?? "").slice(0, 17);
  if (!exists || Math.abs(zone) > 96) throw new CommandError(INCORRECT_PARAMETERS);
  setTime(modem, local - zone * QUARTER_HOUR_MS, zone);
}

function readClock(call: Call, modem: Modem): void {
  const { zone } = clock(modem);
  const sign = zone < 0 ? "-" : "+";
  const local = stamp(clockTime(modem).getTime() + zone * QUARTER_HOUR_MS);
  call.info(`+CCLK: "${local}${sign}${String(Math.abs(zone)).padStart(2, "0")}"`);
}

/** yy/MM/dd,hh:mm:ss */
function stamp(time: number): string {
  return new Date(time).toISOString().slice(2, 19).replaceAll("-", "/").replace("T", ",");
}
