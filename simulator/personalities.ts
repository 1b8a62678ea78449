import type { Personality } from "./personality";
import { BG96 } from "./quectel/bg96";
import { LARA_R6 } from "./ublox/lara-r6";

/** The modems that can be simulated; a new one takes one line here. */
export const PERSONALITIES: readonly Personality[] = [LARA_R6, BG96];

/** The model that the command simulates unless it is told another. */
export const DEFAULT_MODEL = LARA_R6.name;

/** @throws {Error} that lists the known models */
export function personality(model: string): Personality {
  const found = PERSONALITIES.find((known) => known.name.toLowerCase() === model.toLowerCase());
  if (found !== undefined) return found;
  const names = PERSONALITIES.map((known) => known.name).join(", ");
  throw new Error(`no simulated modem "${model}"; there are ${names}`);
}
