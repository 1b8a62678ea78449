import type { Command, Response } from "./command";
import type { DataLink, DataLinkEvents } from "./data-mode/link";
import type { Dialect } from "./dialect";
import type { Line } from "./line";
import type { TraceHooks } from "./trace/trace";

/** A URC that is awaited. Created before the command that causes it is written. */
export interface UrcWaiter<T> {
  /** Resolves with what `match` returned; rejects with `MODEM_TIMEOUT`, `MODEM_RESTARTED`, `MODEM_OFFLINE`, or the abort reason. */
  readonly promise: Promise<T>;
  /** Starts the time limit (it does not run while the command itself is queued). */
  start(): void;
  /** Leaves at once; the promise stays pending and unreferenced. */
  cancel(): void;
}

export interface WaitOptions {
  /** ms from `start()`. */
  readonly timeout: number;
  /** Names the operation in the timeout's message. */
  readonly operation: string;
  readonly signal?: AbortSignal;
}

/** The line to the modem: one command at a time, URCs at any time. */
export interface Channel {
  /**
   * Queues a command and resolves with its response.
   *
   * @throws {ModemError} `MODEM_REJECTED` with the modem's error in `cause`, `MODEM_TIMEOUT`, `MODEM_OFFLINE`,
   * `MODEM_RESTARTED`
   */
  send(command: Command): Promise<Response>;
  /**
   * Queues a command that is answered by `CONNECT`, and holds the line from there on until data mode ends; what is
   * queued waits. `events.onData` may be called before this resolves. A command of background priority goes when
   * the line has been free for a moment. When `command.signal` aborts while the command is in flight, and
   * `CONNECT` still comes, the link is left again; `events` still gets what arrives until then, and the end. That
   * is a `MODEM_TIMEOUT` when no answer comes in time: as with one that `openData` throws, data mode may have been open
   * for a while, and what arrived in it is lost.
   *
   * @throws {ModemError} as `send`; `MODEM_REJECTED`, too, when the modem ends the command without `CONNECT`
   */
  openData(command: Command, events: DataLinkEvents): Promise<DataLink>;
  /** `match` returns undefined for a line that is not the one. It is called with every URC. */
  waitForUrc<T>(match: (line: Line) => T | undefined, options: WaitOptions): UrcWaiter<T>;
  /** Calls `listener` for every URC whose text begins with `prefix` ("" for all); returns the way out. */
  onUrc(prefix: string, listener: (line: Line) => void): () => void;
  /** Adds a model's grammar and timings, once the model is known. */
  useDialect(dialect: Dialect): void;
  /** Puts a remark into the trace, of what went wrong and is none of a caller's concern; without secrets. */
  note(text: string): void;
  /** Payload bytes a second of the line below; undefined where nothing paces it. */
  readonly bytesPerSecond: number | undefined;
}

/** What the channel tells its owner. Secrets are masked in all of it. */
export interface ChannelHooks extends TraceHooks {
  /** The modem has booted; what was in flight, queued and awaited has failed with `MODEM_RESTARTED`. */
  onBoot?(line: string): void;
  /** After a timeout the modem could not be brought to answer `AT`. What is queued has failed with `MODEM_TIMEOUT`. */
  onUnresponsive?(): void;
  /** Whether the modem answers, when that changes: `AT`, sent because an answer is missing, gets none, or one comes. */
  onSilence?(isSilent: boolean): void;
  /** After a timeout the modem answers in step again; it may have rebooted without a word. */
  onResynchronised?(): void;
}
