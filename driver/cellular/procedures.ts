import type { Channel } from "../at/channel-types";
import type { Command, Expectation, Priority } from "../at/command";
import { type AnswerField, commandLine, type Field, splitFields } from "../at/fields";
import type { Line } from "../at/line";
import { isModemError } from "../errors";

/**
 * Longest times until the final result, in ms, where the modems' manuals differ the longer one: what is answered from
 * the modem's memory (u-blox: 3 s), what turns the radio on or off, and what needs the network.
 */
export const TIMEOUTS = { memory: 5000, sim: 30_000, radio: 180_000, network: 180_000 } as const;

export interface ProcedureOptions {
  readonly expects?: readonly Expectation[];
  /** ms (`TIMEOUTS.memory`) */
  readonly timeout?: number;
  readonly priority?: Priority;
  readonly signal?: AbortSignal;
}

/** A command of 27.007 as a value: `command("+CFUN=", [1])`. */
export function command(
  name: string,
  parameters: readonly (Field | number)[] = [],
  { timeout = TIMEOUTS.memory, ...options }: ProcedureOptions = {},
): Command {
  return { ...commandLine(name, ...parameters), timeout, ...options };
}

/** Sends a read command and gives the fields of each line of its answer. */
export async function ask(channel: Channel, name: string, options: ProcedureOptions = {}): Promise<AnswerField[][]> {
  const prefix = `${name.replace(/[?=].*$/, "")}:`;
  const response = await channel.send(command(name, [], { expects: [{ prefix }], ...options }));
  return response.lines.map(splitFields);
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

/** The text of a line behind its prefix, quotation marks included. */
export function body(line: Line): string {
  return line.text.slice(line.text.indexOf(":") + 1).trim();
}
