/** The line that ends a command. */
export interface FinalResult {
  /** As the modem printed it. */
  readonly text: string;
  readonly success: boolean;
  /** Present for `+CME ERROR:` and `+CMS ERROR:`; `argument` is what stands behind the blank, a number or words. */
  readonly report?: { readonly kind: "CME" | "CMS"; readonly argument: string };
}

/**
 * V.250 §5.7.1, with what newer modems print besides. `CONNECT` is not here: it opens data mode, and the command ends
 * when that does.
 */
const LITERALS: ReadonlyMap<string, boolean> = new Map([
  ["OK", true],
  ["SEND OK", true],
  ["ERROR", false],
  ["SEND FAIL", false],
  ["ABORTED", false],
  ["Command aborted", false],
  ["NO CARRIER", false],
  ["BUSY", false],
  ["NO ANSWER", false],
  ["NO DIALTONE", false],
  ["NO DIAL TONE", false],
  ["COMMAND NOT SUPPORT", false],
  ["NA", false],
]);

// The blank belongs to the result: "+CME ERROR: " without a number ends a command, "+CME ERROR:" does not (27.007 §9.2).
const REPORT = /^\+(CME|CMS) ERROR: (.*)$/;
const MODEM_ERROR = /^MODEM ERROR: \d+$/;

/** A whole line as a final result code, or undefined when it is none. */
export function finalResult(text: string): FinalResult | undefined {
  const literal = LITERALS.get(text);
  if (literal !== undefined) return { text, success: literal };
  const report = text.startsWith("+CM") ? REPORT.exec(text) : null;
  if (report !== null) {
    const [, kind, argument = ""] = report;
    return { text, success: false, report: { kind: kind === "CMS" ? "CMS" : "CME", argument: argument.trim() } };
  }
  return MODEM_ERROR.test(text) ? { text, success: false } : undefined;
}
