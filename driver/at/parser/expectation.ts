import type { Expectation } from "../command";
import type { Line } from "../line";

/** For raw commands: every line that is no registered URC, and lines with the command's own name. */
export const ANY: Expectation = { prefix: "any" };

/** For commands that answer without a prefix, such as `+CGMM`. */
export const BARE: Expectation = { prefix: "bare" };

const COMMAND_NAME = /^AT([+&^#*%$][A-Z0-9]+)/i;
const PREFIXED = /^[+^#*%$][A-Z0-9]+:/i;

/** `AT+COPS?` answers with `+COPS:`; undefined for commands without such a name (`ATI`). */
export function ownPrefix(commandLine: string): string | undefined {
  const name = COMMAND_NAME.exec(commandLine)?.[1];
  return name === undefined ? undefined : `${name.toUpperCase()}:`;
}

/** Whether a line has the form of a prefixed one, `+NAME: …`. */
export function isPrefixed(text: string): boolean {
  return PREFIXED.test(text);
}

/** Whether a line has the prefix, and the shape, that one of the expectations names. */
export function matchesPrefix(expects: readonly Expectation[], own: string | undefined, line: Line): boolean {
  return expects.some(({ prefix, accepts }) => {
    if (prefix === "bare") return false;
    const wanted = prefix === "any" ? own : prefix;
    return wanted !== undefined && line.text.startsWith(wanted) && (accepts?.(line) ?? true);
  });
}

/** Whether a line that is no registered URC is what a `bare` or `any` expectation takes. */
export function matchesFreely(expects: readonly Expectation[], line: Line): boolean {
  return expects.some(({ prefix, accepts }) => {
    const fits = prefix === "any" || (prefix === "bare" && !isPrefixed(line.text));
    return fits && (accepts?.(line) ?? true);
  });
}
