/** What may stand around a value; other blanks, line ends above all, must be seen and refused. */
const BLANKS = " \t";

/** Without blanks at either end. */
export function withoutBlanks(text: string): string {
  let start = 0;
  while (start < text.length && BLANKS.includes(text.charAt(start))) start += 1;
  return withoutAtEnd(text.slice(start), BLANKS);
}

/** Without those of the characters that it ends with; in one pass, which an expression that ends in $ is not. */
export function withoutAtEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
