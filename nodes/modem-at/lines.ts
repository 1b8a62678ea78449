/** A line of an answer in parts. */
export interface ParsedLine {
  /** `+CSQ` of `+CSQ: 20,99`; empty where the line has no prefix. */
  readonly topic: string;
  readonly line: string;
  /** Without quotation marks and the blanks around them. */
  readonly fields: string[];
}

/** The part before the colon; a line without a prefix, such as `RDY`, is its own topic. */
export function topicOf(line: string): string {
  return prefixOf(line) || line;
}

export function parseLine(line: string): ParsedLine {
  const topic = prefixOf(line);
  const body = topic === "" ? line : line.slice(topic.length + 1);
  return { topic, line, fields: splitFields(body) };
}

function prefixOf(line: string): string {
  return /^([+^*$#&%][A-Z0-9_]+):/i.exec(line)?.[1] ?? "";
}

/** Commas inside quotation marks and parentheses belong to their field: `(0-2),("a","b")` has two. */
function splitFields(body: string): string[] {
  const fields: string[] = [];
  let start = 0;
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < body.length; index += 1) {
    const character = body[index];
    if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else if (character === "," && depth <= 0) {
      fields.push(unquote(body.slice(start, index)));
      start = index + 1;
    }
  }
  fields.push(unquote(body.slice(start)));
  return fields;
}

function unquote(raw: string): string {
  const field = raw.trim();
  return /^"[^"]*"$/.test(field) ? field.slice(1, -1) : field;
}
