/** The line as seen by the command interpreter. */
export interface InterpreterLine {
  /** Queues bytes that were ready at `from`; returns the time at which the last has been sent. */
  write(bytes: Buffer, from?: number): number;
  /** Resolves when at most `limit` bytes wait. */
  lower(limit: number): Promise<void>;
  /** Bytes that wait for the host. */
  readonly backlog: number;
  /** bit/s; 0: not paced */
  readonly rate: number;
  setRate(baud: number): void;
  /** There is room again for the host's bytes that `receive` refused. */
  resumeInput(): void;
}

/** Output that may wait on a paced line, as in a serial port's own buffer: more recent output waits no longer. */
const BUFFERED_MS = 50;
const LARGEST_BUFFER = 16 * 1024;

/** Bytes that may wait on a line with this rate (bit/s) before more data are fetched. */
export function bufferedBytes(rate: number): number {
  return rate === 0 ? LARGEST_BUFFER : Math.min(LARGEST_BUFFER, Math.ceil((rate / 10_000) * BUFFERED_MS));
}
