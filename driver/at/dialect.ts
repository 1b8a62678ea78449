import type { CountedRule, UrcDefinition } from "./line";

/** Timings and grammar of one model of modem. */
export interface Dialect {
  /** Silence that the modem asks for between a final result and the next command, in ms. */
  readonly gap: number;
  /** Wait between a prompt and the first byte of its data, in ms. */
  readonly promptDelay: Readonly<Record<"@" | ">" | "CONNECT", number>>;
  /** Left out: what suits any modem, with the longest silence that one of them asks for. */
  readonly dataMode?: DataModeGrammar;
  readonly counted: readonly CountedRule[];
  readonly urcs: readonly UrcDefinition[];
  /** Words for vendor error numbers, `+CME ERROR: 701` and the like; 27.007's own come from `at/error-tables`. */
  readonly errorTexts: ReadonlyMap<number, string>;
}

/** How a model leaves data mode. */
export interface DataModeGrammar {
  /** Silence before and after `+++` (V.250 S12), in ms, with a margin. */
  readonly guard: number;
  /** The lines that answer `+++`, in their order. */
  readonly answer: readonly string[];
  /** Lines one of which the modem prints when it leaves by itself. */
  readonly ends: readonly string[];
}
