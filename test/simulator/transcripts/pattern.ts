/** What a printed line of the modem matches: itself, with any value in place of each variable part. */
export function linePattern(line: string, variable: readonly string[] = []): string {
  return cut(line, inLine(line, variable), valueLike);
}

/** As `linePattern`, for data: a variable part may hold line ends and commas. */
export function dataPattern(data: string, variable: readonly string[] = []): string {
  return cut(data, inLine(data, variable), () => "[\\s\\S]*?");
}

/** Longest first: a short one may stand within a longer one. */
function inLine(line: string, variable: readonly string[]): string[] {
  return variable.filter((part) => line.includes(part)).sort((a, b) => b.length - a.length);
}

function cut(text: string, variable: readonly string[], value: (part: string) => string): string {
  const [part, ...others] = variable;
  if (part === undefined) return literal(text);
  return text
    .split(part)
    .map((piece) => cut(piece, others, value))
    .join(value(part));
}

/** A string stays a string, one field stays one field. */
function valueLike(part: string): string {
  if (part.length > 1 && part.startsWith('"') && part.endsWith('"')) return '"[^"]*"';
  return part.includes(",") ? "[^\\r\\n]*?" : '[^,"\\r\\n]*?';
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
  const body = lines.map((line) => `${LINE_END}*${linePattern(line, variable)}${LINE_END}`).join("");
  return new RegExp(`^${LINE_END}*${echoed(echo)}${body}`);
}

function echoed(line: string): string {
  return line === "" ? "" : `${literal(line)}\\r`;
}

/** A prompt, which has no line end. */
export function promptPattern(echo: string, prompt: string): RegExp {
  return new RegExp(`^${LINE_END}*${echoed(echo)}${LINE_END}*${literal(prompt)}`);
}
