import { CommandError } from "./command-error";
import { EQUIPMENT_ERRORS, MESSAGE_ERRORS } from "./error-texts";
import { SyntaxFault } from "./parse";
import type { LineSettings } from "./settings";

/** Ends a command with a plain `ERROR` in every mode of +CMEE, like a line that can't be parsed. */
export class PlainError extends CommandError {
  constructor(reason = "error") {
    super(-1, reason);
  }
}

/** Ends a command with `+CMS ERROR` (27.005 3.2.5). */
export class MessageError extends CommandError {}

/** The error that a command ended with; any other exception is a bug in this program. */
export function failureOf(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  if (error instanceof SyntaxFault) return new PlainError(error.message);
  process.emitWarning(error instanceof Error ? error : String(error));
  return new PlainError();
}

/** A result code in words and as the digit of ATV0 (V.250 5.7.1). */
export const RESULTS = {
  ok: { words: "OK", digit: 0 },
  connect: { words: "CONNECT", digit: 1 },
  noCarrier: { words: "NO CARRIER", digit: 3 },
  error: { words: "ERROR", digit: 4 },
} as const;

/** An information line; the first of a command is preceded by a line break, after the echo. */
export function formatInformation(parts: readonly (string | Buffer)[], settings: LineSettings, first: boolean): Buffer {
  const end = lineEnd(settings);
  const lead = settings.verbose && first ? [end] : [];
  return Buffer.concat([...lead, ...parts.map(bytes), end]);
}

/** A result code; nothing with ATQ1. */
export function formatResult(result: { words: string; digit: number }, settings: LineSettings): Buffer {
  if (settings.quiet) return Buffer.alloc(0);
  if (settings.verbose) return formatInformation([result.words], settings, true);
  return Buffer.from([...bytes(String(result.digit)), settings.terminator]);
}

/** The final result of a failed command: `+CMEE` decides between ERROR, number and words (27.007 9.1). */
export function formatError(
  error: CommandError,
  settings: LineSettings,
  ownTexts: ReadonlyMap<number, string>,
): Buffer {
  if (settings.quiet) return Buffer.alloc(0);
  const messages = error instanceof MessageError;
  if (error.errorCode < 0 || (settings.errorMode === 0 && !messages)) return formatResult(RESULTS.error, settings);
  const prefix = messages ? "+CMS ERROR: " : "+CME ERROR: ";
  const table = messages ? MESSAGE_ERRORS : EQUIPMENT_ERRORS;
  const words = error.text ?? ownTexts.get(error.errorCode) ?? table.get(error.errorCode) ?? "unknown";
  return formatInformation([prefix + (settings.errorMode === 2 ? words : error.errorCode)], settings, true);
}

export function bytes(part: string | Buffer): Buffer {
  return typeof part === "string" ? Buffer.from(part, "latin1") : part;
}

function lineEnd(settings: LineSettings): Buffer {
  return Buffer.from([settings.terminator, settings.lineFeed]);
}
