import fc from "fast-check";
import { seed } from "../../support/random";

/** For a run again: `SEED=… npx vitest run …`. */
export { seed as SEED };

/** Commands that no node ever sends. */
const FOREIGN = ["AT+EVIL=1", "+EVIL", "AT+CPWROFF", "AT+QPOWD", "ATZ", "AT&F", "ATH", "ATD*99#"];
const CARRIED = [
  ";",
  ";+EVIL=1",
  ",",
  ",1",
  "+++",
  "A/",
  "'",
  "\\",
  "=",
  "?",
  "{{",
  "}}",
  "%0d%0a",
  "%22",
  ":",
  "a",
  "7",
];
const REFUSED = ["\r", "\n", "\r\n", '"', '",1', '";+EVIL;"', "\u001a", "\u001b", "\u0000", "\b", "ü", "\u2028", "😀"];

function texts(pieces: readonly string[], ends: readonly string[], count: number): string[] {
  const text = fc
    .tuple(fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 10 }), fc.constantFrom(...ends))
    .map(([parts, end]) => parts.join("") + end);
  return fc.sample(text, { seed, numRuns: count });
}

/** Texts that no field can carry: each ends a line somewhere, and starts another. */
export function uncarriable(count: number): string[] {
  const ends = FOREIGN.flatMap((command) => [
    `\r${command}`,
    `\r\n${command}\r`,
    `"\r${command}\r\n`,
    `\n${command}\n`,
  ]);
  return texts([...FOREIGN, ...CARRIED, ...REFUSED], ends, count);
}

/** Texts of which each character may stand in a quoted string. */
export function carriable(count: number): string[] {
  return texts([...FOREIGN, ...CARRIED], FOREIGN, count);
}

/** Any bytes at all, for what is carried by its length. */
export function payloads(count: number): Buffer[] {
  const raw = fc.sample(fc.uint8Array({ minLength: 1, maxLength: 40 }), { seed, numRuns: count });
  return uncarriable(count).map((text, index) => Buffer.concat([Buffer.from(text), Buffer.from(raw[index] ?? [])]));
}
