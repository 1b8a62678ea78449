import type { Upload } from "../command";

/** How an exchange that went wrong left the line. */
export interface Interrupted {
  /** When its command was written, by `now()`. */
  readonly startedAt: number;
  /** Whether its own answer has come, so that only those to `tried` may be missing. */
  readonly isAnswered?: boolean;
  /** When `AT` was sent while it was in flight, as far as the answers may still come. */
  readonly tried?: readonly number[];
  /** Until then the modem may be busy with it, by `now()`. */
  readonly busyUntil?: number;
  /** The prompt that the command asks for, or the data mode that its download opens. */
  readonly prompt?: Upload["prompt"];
  /** Whether the prompt has come. */
  readonly opened: boolean;
  /** Bytes announced in all, and those of them that weren't written. */
  readonly size: number;
  readonly missing: number;
}

export const UNDISTURBED: Interrupted = { startedAt: 0, opened: false, size: 0, missing: 0 };
/** Perhaps data mode is still open. */
export const IN_DATA_MODE: Interrupted = { ...UNDISTURBED, prompt: "CONNECT", opened: true };
