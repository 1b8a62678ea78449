import type { ModemError } from "../errors";

/** Why data mode ended: the host left by the escape sequence, the modem left by itself, or the line failed. */
export type DataLinkEnd = "left" | "ended" | ModemError;

/** What data mode tells whoever opened it. */
export interface DataLinkEvents {
  /**
   * Raw bytes, in order and cut anywhere. While the promise is pending the transport is not read: with flow control the
   * modem holds the rest back.
   */
  onData(bytes: Buffer): void | Promise<void>;
  /**
   * A command of at least normal priority (`patient` false), or one of the background (`patient` true), waits for the
   * line. Called once for each of the two until the link is left.
   */
  onWanted(patient: boolean): void;
  /** Once, after the last `onData`. What waits for the line goes on after it. */
  onEnd(end: DataLinkEnd): void;
}

/** Data mode of the line (V.250 6.4): bytes both ways that nobody reads as commands. The line's only user until it ends. */
export interface DataLink {
  /** Resolves when the transport has taken the bytes. @throws {ModemError} once data mode has ended, or is being left */
  write(bytes: Uint8Array): Promise<void>;
  /** ms since a byte went either way. */
  readonly idle: number;
  /**
   * Leaves by `+++` between two silences (V.250 S2, S12), which takes a bit more than two guard times; bytes that arrive
   * meanwhile are data. Resolves when the modem takes commands again, or data mode has ended otherwise. Never rejects.
   */
  leave(): Promise<void>;
}
