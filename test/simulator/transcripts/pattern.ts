/** What a printed line of the modem matches: itself, with any value in place of each variable part. */
export function linePattern(line: string, variable: readonly string[] = [], any = WITHIN_A_LINE): string {
  const longestFirst = [...variable].filter((part) => line.includes(part)).sort((a, b) => b.length - a.length);
  return cut(line, longestFirst, any);
}

const WITHIN_A_LINE = "[^\\r\\n]*?";
/** For data, which may hold line ends. */
export const ANYTHING = "[\\s\\S]*?";

function cut(text: string, variable: readonly string[], any: string): string {
  const [part, ...others] = variable;
  if (part === undefined) return literal(text);
  const isString = part.length > 1 && part.startsWith('"') && part.endsWith('"');
  return text
    .split(part)
    .map((piece) => cut(piece, others, any))
    .join(isString ? '"[^"]*"' : any);
}

export function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

const LINE_END = "(?:\\r\\n)";

/**
 * All that the modem sends in answer: the echo where there is one, then the lines, each on its own. Blank lines carry
 * no meaning.
 */
export function answerPattern(echo: string, lines: readonly string[], variable: readonly string[] = []): RegExp {
  const start = echo === "" ? "" : `${literal(echo)}\\r`;
  const body = lines.map((line) => `${LINE_END}*${linePattern(line, variable)}${LINE_END}`).join("");
  return new RegExp(`^${LINE_END}*${start}${body}`);
}

/** A prompt, which has no line end. */
export function promptPattern(echo: string, prompt: string): RegExp {
  return new RegExp(`^${LINE_END}*${literal(echo)}\\r${LINE_END}*${literal(prompt)}`);
}
