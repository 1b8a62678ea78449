/** A line of the performance table. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What is asked for, in words. */
  readonly bar?: string;
  /** Whether the bar is met. */
  readonly ok?: boolean;
}
