import type { Channel } from "../at/channel-types";

/** BG96's rate unless +IPR changed it: 115200 baud, 8N1 (AT facts 1.2). */
const USUAL_RATE = 11_520;
/** The slowest rate that +IPR takes, 9600 baud: what a line of unknown rate may turn out to be. */
const SLOWEST_RATE = 960;

/** Bytes that hold the line for `seconds`. */
export function bytesOfLine(channel: Channel, seconds: number): number {
  return Math.floor((channel.bytesPerSecond ?? USUAL_RATE) * seconds);
}

/** Longest time that `bytes` need on the line, in ms, half as much again for pauses of flow control. */
export function transferTime(channel: Channel, bytes: number): number {
  return Math.ceil((bytes / (channel.bytesPerSecond ?? SLOWEST_RATE)) * 1_500);
}
