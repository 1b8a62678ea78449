import type { Channel } from "../../at/channel-types";
import type { Command } from "../../at/command";
import type { ModemError } from "../../errors";

/** A vendor's part of a socket in direct mode. */
export interface DirectStreamParts {
  readonly channel: Channel;
  /** For messages: `TCP to example.com:7`. */
  readonly operation: string;
  /**
   * The command, answered by `CONNECT`, that enters data mode of a socket that is open; a new one every time. Its
   * priority (`Priority.Background`) and its signal are the stream's.
   */
  enter(): Command;
  /**
   * Called in command mode, after the modem left data mode by itself or refused to enter it. Resolves to whether the
   * connection is still open; if not, it first reads by commands what the modem still holds of it (otherwise nothing
   * needs to be read: it comes in data mode). `deliver` passes on to `onData`; it is awaited before more is read. What it
   * rejects with ends the stream: nothing of it reaches `settle` again.
   */
  settle(deliver: (data: Buffer) => Promise<void>): Promise<boolean>;
  /** What has arrived, in order, cut anywhere. While it is pending only sends that wait for data mode let more be read. */
  onData(data: Buffer): void | Promise<void>;
  /**
   * Once, after the last `onData`, when the stream has ended otherwise than by `close` or `end`. Without an error the
   * peer has closed. The line takes commands then; the socket's number is still the stream owner's to close.
   */
  onEnded(error?: ModemError): void;
}
