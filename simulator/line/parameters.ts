import type { Argument, Call } from "./command";
import { CommandError } from "./command-error";

/** "incorrect parameters" (27.007 9.2) */
export const INCORRECT_PARAMETERS = 50;

/** Refuses a parameter list that is too short or too long; single parameters may be empty. */
export function expectCount(call: Call, least: number, most: number): void {
  const count = call.arguments.length;
  if (count < least || count > most) throw new CommandError(INCORRECT_PARAMETERS);
}

/** A whole number within limits, without quotation marks; `fallback`, if given, when left out. */
export function integerAt(call: Call, index: number, low: number, high: number, fallback?: number): number {
  const argument = call.arguments[index];
  if (isLeftOut(argument) && fallback !== undefined) return fallback;
  if (argument === undefined || argument.quoted || !/^-?\d{1,10}$/.test(argument.text)) {
    throw new CommandError(INCORRECT_PARAMETERS);
  }
  const value = Number(argument.text);
  if (value < low || value > high) throw new CommandError(INCORRECT_PARAMETERS);
  return value;
}

/** A number from a set with gaps. */
export function choiceAt(call: Call, index: number, choices: readonly number[], fallback?: number): number {
  const value = integerAt(call, index, Math.min(...choices), Math.max(...choices), fallback);
  if (!choices.includes(value)) throw new CommandError(INCORRECT_PARAMETERS);
  return value;
}

/** A string in quotation marks of at most `longest` bytes. */
export function stringAt(call: Call, index: number, longest: number, fallback?: string): string {
  const argument = call.arguments[index];
  if (isLeftOut(argument) && fallback !== undefined) return fallback;
  if (argument === undefined || !argument.quoted) throw new CommandError(INCORRECT_PARAMETERS);
  if (argument.text.length > longest) throw new CommandError(24);
  return argument.text;
}

function isLeftOut(argument: Argument | undefined): boolean {
  return argument === undefined || (argument.text === "" && !argument.quoted);
}
