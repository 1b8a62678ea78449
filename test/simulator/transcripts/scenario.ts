import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TRANSCRIPTS } from "../../support/paths";

/** One step of a printed example; the README beside the original transcripts explains the keys. */
export interface Step {
  readonly send?: string;
  readonly expectPrompt?: string;
  readonly sendData?: string;
  readonly receiveData?: string;
  readonly expect?: readonly string[];
  readonly urc?: string;
  /** What the remote host does, in words, and in the four that follow them for programs. */
  readonly peer?: string;
  readonly event?: "connect" | "data" | "close" | "silence";
  readonly socket?: number;
  readonly bytes?: number;
  readonly data?: string;
  readonly variable?: readonly string[];
  readonly elided?: boolean;
  /** Which of two modems it is about; the first when left out. */
  readonly module?: number;
  /** The print may be wrong. */
  readonly uncertain?: boolean;
}

export interface Scenario {
  readonly id: string;
  readonly section: string;
  readonly title: string;
  readonly needs: readonly string[];
  readonly steps: readonly Step[];
}

export function readScenarios(file: string): readonly Scenario[] {
  const document = JSON.parse(readFileSync(join(TRANSCRIPTS, file), "utf8")) as { readonly scenarios: Scenario[] };
  return document.scenarios;
}
