/** A line of the performance table. */
export interface BenchRow {
  readonly name: string;
  /** NaN: not measured, and `unit` says why. */
  readonly value: number;
  readonly unit: string;
  /** What is asked for, in words. */
  readonly bar?: string;
  /** Whether the bar is met. */
  readonly ok?: boolean;
}

/** A row with the least value that is asked for. */
export function atLeast(least: number, row: Pick<BenchRow, "name" | "value" | "unit">): BenchRow {
  return { ...row, bar: `≥ ${least} ${row.unit}`.trimEnd(), ok: row.value >= least };
}

/** A row with the largest value that is asked for. */
export function atMost(most: number, row: Pick<BenchRow, "name" | "value" | "unit">): BenchRow {
  return { ...row, bar: `≤ ${most} ${row.unit}`.trimEnd(), ok: row.value <= most };
}
