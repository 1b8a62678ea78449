import type { Channel } from "../at/channel-types";
import type { Command } from "../at/command";
import { type AnswerField, commandLine, type Field, splitFields } from "../at/fields";
import { isModemError, ModemError } from "../errors";

/**
 * Longest times until the final result, in ms, where the modems' manuals differ the longer one: what is answered from
 * the modem's memory (u-blox: 3 s), what the SIM answers, what turns the radio on or off, and what needs the network.
 */
export const TIMEOUTS = { memory: 5000, sim: 30_000, radio: 180_000, network: 180_000 } as const;

type Parameter = Field | number | undefined;
type Options = Partial<Omit<Command, "line" | "label">>;
type Builder = (name: string, parameters?: readonly Parameter[], options?: Options) => Command;

interface Builders {
  /** A command whose only answer is its final result: `command("+CFUN=", [1])`. */
  readonly command: Builder;
  /** A command that answers with lines; left out in the options, their prefix is the command's own name. */
  readonly query: Builder;
}

/** @param limit ms that a command has when its options tell no `timeout`: each vendor's manual has its own */
export function commandBuilders(limit: number): Builders {
  const command: Builder = (name, parameters = [], { timeout = limit, ...options } = {}) => ({
    ...commandLine(name, ...parameters),
    timeout,
    ...options,
  });
  const query: Builder = (name, parameters, { expects = [{ prefix: answerPrefix(name) }], ...options } = {}) =>
    command(name, parameters, { expects, ...options });
  return { command, query };
}

/** Those of 27.007's commands. */
export const { command, query } = commandBuilders(TIMEOUTS.memory);

/** `+CFUN:` of `+CFUN?`, `+CFUN=` and `+CFUN`. */
function answerPrefix(name: string): string {
  return `${name.split(/[?=]/, 1)[0]}:`;
}

/** Sends a query; the fields of each of its lines. */
export async function ask(channel: Channel, question: Command): Promise<AnswerField[][]> {
  const { lines } = await channel.send(question);
  return lines.map((line) => splitFields(line));
}

/** Times that a question is asked whose answer can't be read. */
const ASKED = 3;

/**
 * Sends a query that changes nothing until its answer can be read, and gives what `parse` makes of its lines.
 *
 * @param parse undefined for lines that are not whole
 * @throws {ModemError} `PROTOCOL_ERROR` when it never can
 */
export async function askWhole<T>(
  channel: Channel,
  question: Command,
  parse: (lines: readonly (readonly AnswerField[])[]) => T | undefined,
): Promise<T> {
  for (let asked = 1; ; asked += 1) {
    const { lines, strays } = await channel.send(question);
    const parsed = strays === true ? undefined : parse(lines.map((line) => splitFields(line)));
    if (parsed !== undefined) return parsed;
    if (asked < ASKED) continue;
    const text = "the answer can't be read: bytes were lost or added on the way";
    const message = `${question.label}: ${text}. Check cable, baud rate and flow control.`;
    throw new ModemError("PROTOCOL_ERROR", message, { command: question.label, errorText: text });
  }
}

/** What `work` gives, or undefined where the modem rejects the command: a procedure that is worth a try. */
export async function unlessRejected<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isModemError(error, "MODEM_REJECTED")) return undefined;
    throw error;
  }
}

/** Sends a command that this firmware may lack; whether the modem took it. */
export async function trySend(channel: Channel, attempt: Command): Promise<boolean> {
  return (await unlessRejected(channel.send(attempt))) !== undefined;
}
