import type { Channel } from "../at/channel-types";
import type { Command, Expectation } from "../at/command";
import { type AnswerField, commandLine, type Field, splitFields } from "../at/fields";
import { unlessRejected } from "../cellular/procedures";
import { isModemError } from "../errors";
import { TIMEOUTS } from "./timeouts";

type Parameter = Field | number | undefined;

/** A command whose only answer is its final result. */
export function command(name: string, parameters: readonly Parameter[] = [], options: Partial<Command> = {}): Command {
  return { timeout: TIMEOUTS.simple, ...options, ...commandLine(name, ...parameters) };
}

/** A command that answers with lines of one prefix. */
export function query(
  name: string,
  expectation: Expectation,
  parameters: readonly Parameter[] = [],
  options: Partial<Command> = {},
): Command {
  return { ...command(name, parameters, options), expects: [expectation] };
}

/** Sends a query; the fields of each of its lines. */
export async function ask(channel: Channel, question: Command): Promise<AnswerField[][]> {
  const { lines } = await channel.send(question);
  return lines.map((line) => splitFields(line));
}

/** Sends a command that this firmware may lack; whether the modem took it. */
export async function trySend(channel: Channel, attempt: Command): Promise<boolean> {
  return (await unlessRejected(channel.send(attempt))) !== undefined;
}

/**
 * For a command whose outcome a URC tells: the module may have taken what it did not answer, a lost byte being enough
 * for that, and its URC would be taken for that of the next one.
 */
export function unlessUnanswered(error: unknown): void {
  if (!isModemError(error, "MODEM_TIMEOUT")) throw error;
}
