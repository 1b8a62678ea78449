/** Silence after which a final result in place of data is taken for one, in ms. */
export const BREAK_OFF_MS = 900;
/** Bytes behind the data that are looked at. */
export const TAIL_LENGTH = 512;

/** A line with a prefix: a URC, or what a command prints before its result. */
export const PREFIXED = "\\r\\n\\+(?!CM[ES] ERROR:)[\\x20-\\x7e]{1,200}\\r\\n";
export const FINAL = "\\r\\n(?:OK|ERROR|\\+CME ERROR: [\\x20-\\x7e]{1,64})\\r\\n";

/** A final result and the lines that may follow it. */
const LAST_WORDS = new RegExp(`${FINAL}(?:${PREFIXED})*$`);

/** Where a final result begins with which, or with lines behind it, all that has come ends. */
export function lastWordsIn(raw: Buffer): number | undefined {
  const start = Math.max(0, raw.length - TAIL_LENGTH);
  const match = LAST_WORDS.exec(raw.toString("latin1", start));
  return match === null ? undefined : start + match.index;
}
