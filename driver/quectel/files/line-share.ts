import type { Channel } from "../../at/channel-types";

/** BG96's rate unless +IPR changed it: 115200 baud, 8N1 (AT facts 1.2). */
const USUAL_RATE = 11_520;

/** Bytes that hold the line for `seconds`. */
export function bytesIn(channel: Channel, seconds: number): number {
  return Math.floor((channel.bytesPerSecond ?? USUAL_RATE) * seconds);
}
