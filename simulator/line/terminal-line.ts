/** Where the terminal's characters go. */
export interface TerminalLine {
  /** Queues bytes that were ready at `from`; returns when the last is through. */
  write(bytes: Buffer, from?: number): number;
  /** Resolves when at most `limit` bytes wait. */
  lower(limit: number): Promise<void>;
  /** Bytes that wait for the host. */
  readonly backlog: number;
  /** bit/s; 0: not paced */
  readonly rate: number;
  setRate(baud: number): void;
  /** There is room again for the host's bytes, which `receive` had refused. */
  resumeInput(): void;
}
