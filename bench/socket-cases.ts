import { RandomBytes } from "./random-bytes";
import type { Direction, ModelName, Payload } from "./socket-ways";

export const BAUD_RATES = [115_200, 921_600] as const;
export type Baud = (typeof BAUD_RATES)[number];

const SEED = 4;

/** One line of the comparison. */
export interface Case {
  readonly baud: Baud;
  readonly direction: Direction;
  readonly payload: Payload;
}

export function casesOf(baud: Baud): Case[] {
  const directions = ["up", "down"] as const;
  const payloads = ["text", "random"] as const;
  return directions.flatMap((direction) => payloads.map((payload) => ({ baud, direction, payload })));
}

export const titleOf = (model: ModelName, { baud, direction, payload }: Case): string =>
  `${model} socket ${direction} at ${baud} baud, ${payload}`;

const random = new RandomBytes(SEED);

/** As many bytes as a line needs `seconds` for. */
export function payloadOf(payload: Payload, bytesPerSecond: number, seconds: number): Buffer {
  const length = Math.round(bytesPerSecond * seconds);
  const bytes = random.next(length);
  // Base64 is printable, has no quotation mark and is longer than what it was made of.
  return payload === "random" ? bytes : Buffer.from(bytes.toString("base64").slice(0, length), "latin1");
}
