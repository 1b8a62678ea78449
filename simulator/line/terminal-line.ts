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

/** ms of a paced line that a serial port's own buffer holds: what is printed next waits no longer. */
const BUFFERED = 50;
const LARGEST_BUFFER = 16 * 1024;

/** Bytes that may wait on a line of so many bit/s before more data are fetched for it. */
export function ahead(rate: number): number {
  return rate === 0 ? LARGEST_BUFFER : Math.min(LARGEST_BUFFER, Math.ceil((rate / 10_000) * BUFFERED));
}
