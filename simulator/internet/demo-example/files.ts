import { setImmediate } from "node:timers/promises";

/** Rows that are made in one turn of the event loop: others wait for it. */
const ROWS = 5000;

/** A reading every half hour, as CSV: 48 rows are a day. */
export async function readings(count: number): Promise<string> {
  const parts = ["hour,temperature\n"];
  for (let first = 0; first < count; first += ROWS) {
    for (let index = first; index < Math.min(count, first + ROWS); index += 1) {
      parts.push(`${index / 2},${(20 + 5 * Math.sin(index / 8)).toFixed(2)}\n`);
    }
    await setImmediate();
  }
  return parts.join("");
}

/** Of one period of the squares modulo 251, a prime: a byte that is lost or doubled shows. */
const PERIOD = 251;

export function binaryFile(length: number): Buffer {
  return Buffer.alloc(length, Buffer.from(Array.from({ length: PERIOD }, (_, index) => index ** 2 % PERIOD)));
}
