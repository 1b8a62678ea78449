import type { ModemError } from "../../errors";

/**
 * Why data mode ended. `left`: the host left by the escape sequence, asked to or to find out whether the modem had ·
 * `ended`: the modem left by itself · `cut`: it did while bytes may have been on their way to it, which it took for
 * commands · an error: the line failed.
 */
export type DataLinkEnd = "left" | "ended" | "cut" | ModemError;

/** What data mode tells its opener. */
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
  /** Once, when the last `onData` has settled; what waits for the line does not wait for that. */
  onEnd(end: DataLinkEnd): void;
}

/** Of data mode that nobody wanted. */
export const NO_USE: DataLinkEvents = { onData: () => {}, onWanted: () => {}, onEnd: () => {} };

/** Data mode of the line (V.250 6.4): bytes both ways that are not read as commands. The line's only user until it ends. */
export interface DataLink {
  /**
   * Resolves when the transport has taken the bytes; in pieces of moderate size, so that it can be left soon. Waits
   * while the modem may have left by itself.
   *
   * @throws {ModemError} `CONNECTION_CLOSED` once data mode has ended, or is being left, and nothing of the bytes was
   * written; `MODEM_OFFLINE`
   */
  write(bytes: Uint8Array): Promise<void>;
  /** ms since a byte went either way. */
  readonly idle: number;
  /**
   * Leaves by `+++` between two silences (V.250 S2, S12), which takes a bit more than two guard times; bytes that arrive
   * meanwhile are data, and writes that were accepted end before. Resolves when the modem takes commands again, or data
   * mode has ended otherwise. Never rejects.
   */
  leave(): Promise<void>;
}
