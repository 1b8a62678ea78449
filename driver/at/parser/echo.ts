/** Characters that must be left of an echo whose beginning was lost, so that a short answer is not taken for one. */
const LEAST_REST = 3;

/** Whether `text` is the echo of `sent` with bytes lost: at its beginning, or anywhere behind `AT`. */
export function isDamagedEcho(text: string, sent: string): boolean {
  if (text.length < LEAST_REST || text.length >= sent.length) return false;
  if (sent.endsWith(text)) return true;
  return /^AT/i.test(text) && text.length * 2 >= sent.length && isSubsequence(text, sent);
}

/** Whether `text` is `of` with characters left out. */
export function isSubsequence(text: string, of: string): boolean {
  let at = 0;
  for (const character of text) {
    const found = of.indexOf(character, at);
    if (found < 0) return false;
    at = found + 1;
  }
  return true;
}
