import type { Argument, CommandForm } from "./command";

/** One command of a line, whether it exists or not. */
export interface ParsedCommand {
  /** Upper case; `+CSQ`, `&C`, `E`, `S` (with its number as the first argument), `D` (with the rest of the line). */
  readonly name: string;
  readonly form: CommandForm;
  readonly arguments: readonly Argument[];
  /** As it stood in the line, without blanks. */
  readonly text: string;
}

type Command = Omit<ParsedCommand, "text">;

/** The line can't be parsed. Commands before the fault are still run. */
export class SyntaxFault extends Error {}

const EXTENDED_NAME = /^[+*$^#%][A-Za-z0-9!%\-./:_]*/;
const BASIC = /^(&?[A-Za-z])(\d*)/;

/**
 * Splits the body of a command line into commands, one at a time, so that those before a fault still run (V.250 5.8: a
 * line is executed up to the first error).
 * @throws {SyntaxFault} from the iterator
 */
export function* parseCommands(body: string): Generator<ParsedCommand> {
  let rest = withoutBlanks(body);
  for (;;) {
    rest = rest.replace(/^;+/, "");
    if (rest === "") return;
    const [command, length] = EXTENDED_NAME.test(rest) ? extended(rest) : basic(rest);
    yield { ...command, text: rest.slice(0, length) };
    rest = rest.slice(length);
  }
}

/** Blanks between quotation marks count, others don't (V.250 5.2.1). */
export function withoutBlanks(body: string): string {
  return body.replace(/"[^"]*"?| +/g, (found) => (found.startsWith('"') ? found : ""));
}

function extended(text: string): [Command, number] {
  const name = (EXTENDED_NAME.exec(text)?.[0] ?? "").toUpperCase();
  const end = endOfCommand(text);
  const tail = text.slice(name.length, end);
  if (tail === "") return [{ name, form: "execute", arguments: [] }, end];
  if (tail === "?") return [{ name, form: "read", arguments: [] }, end];
  if (tail === "=?") return [{ name, form: "test", arguments: [] }, end];
  if (tail.startsWith("=")) return [{ name, form: "set", arguments: splitArguments(tail.slice(1)) }, end];
  throw new SyntaxFault(`"${tail}" after ${name}`);
}

function basic(text: string): [Command, number] {
  const dial = /^D/i.exec(text);
  if (dial) return [{ name: "D", form: "execute", arguments: [unquoted(text.slice(1))] }, text.length];
  const register = /^S(\d+)(\?|=(\d*))/i.exec(text);
  if (register) return [sRegister(register), register[0].length];
  const match = BASIC.exec(text);
  if (!match?.[1]) throw new SyntaxFault(`"${text}" is not a command`);
  const name = match[1].toUpperCase();
  const { length } = match[0];
  if (text[length] === "?" && match[2] === "") return [{ name, form: "read", arguments: [] }, length + 1];
  return [{ name, form: "execute", arguments: match[2] ? [unquoted(match[2])] : [] }, length];
}

function sRegister(match: RegExpExecArray): Command {
  const register = unquoted(match[1] ?? "");
  if (match[2]?.startsWith("?")) return { name: "S", form: "read", arguments: [register] };
  return { name: "S", form: "set", arguments: [register, unquoted(match[3] ?? "")] };
}

/** Position of the semicolon that ends this command, outside of quotation marks. */
function endOfCommand(text: string): number {
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted;
    else if (text[i] === ";" && !quoted) return i;
  }
  if (quoted) throw new SyntaxFault("a quotation mark is missing");
  return text.length;
}

/**
 * Splits at commas outside of quotation marks. Quotation marks may only enclose a whole parameter.
 * @throws {SyntaxFault}
 */
function splitArguments(text: string): Argument[] {
  const found: Argument[] = [];
  const parameter = /(?:"([^"]*)"|([^",]*))(,|$)/y;
  for (;;) {
    const match = parameter.exec(text);
    if (match === null) throw new SyntaxFault(`parameter ${found.length + 1} can't be read`);
    const [, inQuotes, bare, separator] = match;
    found.push(inQuotes === undefined ? unquoted(bare ?? "") : { text: inQuotes, quoted: true });
    if (separator === "") return found;
  }
}

function unquoted(text: string): Argument {
  return { text, quoted: false };
}
