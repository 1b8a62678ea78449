import { ModemError, type ModemErrorCause, shortened } from "../errors";
import { CME_ERRORS, CME_SYNONYMS, CMS_ERRORS } from "./error-tables";
import type { FinalResult } from "./final-results";
import type { Line } from "./line";

export type ReportKind = "CME" | "CMS";

/** Numbers by their words, since modems differ in case and punctuation. */
const NUMBERS: Readonly<Record<ReportKind, ReadonlyMap<string, number>>> = {
  CME: byWords(
    [...CME_SYNONYMS].map(([text, code]) => [code, text] as const),
    CME_ERRORS,
  ),
  CMS: byWords([], CMS_ERRORS),
};
const TEXTS: Readonly<Record<ReportKind, ReadonlyMap<number, string>>> = { CME: CME_ERRORS, CMS: CMS_ERRORS };

/** Of a command that should have opened data mode and ended as any other. */
export const NO_CONNECT: FinalResult = { text: "no CONNECT", success: false };

/** Kept beside the errors, since a flow is given their properties. */
const ANSWERS = new WeakMap<ModemError, readonly Line[]>();

/** The information lines that came before the modem refused the command: what it had done until then. */
export function answerBefore(error: ModemError): readonly Line[] {
  return ANSWERS.get(error) ?? [];
}

/** What a `+CME ERROR:` or `+CMS ERROR:` says, as far as it is known; `text` is never empty. */
export interface ErrorReport {
  readonly code?: number;
  readonly text: string;
}

/** Lower case, letters and digits only. */
export function normaliseErrorText(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/**
 * Reads the argument of an error report, a number or words, whichever `+CMEE` asked for.
 *
 * @param vendor words for the vendor's own numbers
 */
export function describeError(kind: ReportKind, argument: string, vendor: ReadonlyMap<number, string>): ErrorReport {
  if (/^\d{1,5}$/.test(argument)) {
    const code = Number(argument);
    return { code, text: TEXTS[kind].get(code) ?? vendor.get(code) ?? `error ${code}` };
  }
  if (argument === "") return { text: "unknown error" };
  const words = normaliseErrorText(argument);
  const code = NUMBERS[kind].get(words) ?? byWords([], vendor).get(words);
  return code === undefined ? { text: argument } : { code, text: argument };
}

/** The error for a command that the modem refused. `label` is the only form of the command that is shown. */
export function rejection(
  label: string,
  result: FinalResult,
  vendor: ReadonlyMap<number, string>,
  answer: readonly Line[] = [],
): ModemError {
  const error = refusal(label, result, vendor);
  if (answer.length > 0) ANSWERS.set(error, answer);
  return error;
}

function refusal(label: string, result: FinalResult, vendor: ReadonlyMap<number, string>): ModemError {
  const words = shortened(result.text);
  const report = result.report && { ...result.report, argument: shortened(result.report.argument) };
  if (report === undefined) {
    return new ModemError("MODEM_REJECTED", `The modem refused ${label}: ${words}`, { command: label, result: words });
  }
  const { code, text } = describeError(report.kind, report.argument, vendor);
  const cause: ModemErrorCause = {
    command: label,
    result: words,
    ...(code === undefined ? {} : { errorCode: code }),
    errorText: text,
  };
  return new ModemError(
    "MODEM_REJECTED",
    `The modem refused ${label}: ${inWords(text, report.argument, words)}`,
    cause,
  );
}

/** A number needs words beside it; a report that is in words already is not said twice. */
function inWords(text: string, argument: string, result: string): string {
  return text === argument ? result.trim() : `${text} (${result.trim()})`;
}

function byWords(more: Iterable<readonly [number, string]>, table: ReadonlyMap<number, string>): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const [code, text] of [...more, ...table]) numbers.set(normaliseErrorText(text), code);
  return numbers;
}
