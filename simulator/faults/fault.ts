import type { CommandInterpreter } from "../line/command-interpreter";
import type { SerialLine } from "../line/serial-line";
import type { SimulatedModem } from "../modem-core";
import type { Disturbances } from "./disturbances";
import { type FaultRule, LONGEST_MS } from "./spec";

/** What faults act on. */
export interface FaultTargets {
  readonly modem: SimulatedModem;
  readonly line: SerialLine;
  readonly interpreter: CommandInterpreter;
  readonly random: () => number;
}

/** Faults that need more than one call to the modem. */
export interface FaultActions {
  readonly targets: FaultTargets;
  readonly disturbances: Disturbances;
  plug(plugged: boolean): void;
  printGarbage(count: number): void;
  startStorm(): void;
  stopStorm(): void;
}

/** A fault that every modem can have. */
export interface Fault extends FaultRule {
  /** @param lasts whether a duration was given */
  readonly start: (faults: FaultActions, value: string | undefined, lasts: boolean) => void;
  readonly end?: (faults: FaultActions, value: string | undefined) => void;
}

export type FaultTable = Readonly<Record<string, Fault>>;

/** Values that are counts. */
export const COUNT = /^[1-9]\d{0,3}$/;
/** Values that are times: ms, or with a unit. */
export const DURATION = /^\d{1,9}(ms|s|m)?$/;

/** A text in which \\r, \\n and \\\\ stand for carriage return, line feed and backslash. */
export const TEXT = /^[\s\S]{1,2000}$/;

const ESCAPES: Readonly<Record<string, string>> = { "\\r": "\r", "\\n": "\n", "\\\\": "\\" };

export function unescaped(text: string): string {
  return text.replace(/\\[rn\\]/g, (found) => ESCAPES[found] ?? found);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** The ms that a value of `DURATION` means. */
export function milliseconds(value: string): number {
  const unit = value.replace(/^\d+/, "");
  return Math.min(Number(value.slice(0, value.length - unit.length)) * (UNITS[unit] ?? 1), LONGEST_MS);
}
