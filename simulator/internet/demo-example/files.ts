/** A reading every half hour, as CSV: 48 rows are a day. */
export function readings(count: number): string {
  const rows = Array.from({ length: count }, (_, index) => `${index / 2},${(20 + 5 * Math.sin(index / 8)).toFixed(2)}`);
  return `hour,temperature\n${rows.join("\n")}\n`;
}

/** Of one period of the squares modulo 251, a prime: a byte that is lost or doubled shows. */
const PERIOD = 251;

export function binaryFile(length: number): Buffer {
  return Buffer.alloc(length, Buffer.from(Array.from({ length: PERIOD }, (_, index) => index ** 2 % PERIOD)));
}
