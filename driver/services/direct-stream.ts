import type { Channel } from "../at/channel-types";
import type { Command } from "../at/command";
import type { DataLink, DataLinkEnd } from "../at/data-link";
import { ModemError } from "../errors";

/** A vendor's part of a socket in direct mode. */
export interface DirectStreamParts {
  readonly channel: Channel;
  /** For messages: `TCP to example.com:7`. */
  readonly title: string;
  /**
   * The command, answered by `CONNECT`, that enters data mode of a socket that stands; made anew for every time. Its
   * priority is set by the stream, to `Priority.Background`.
   */
  enter(): Command;
  /**
   * Called in command mode, after the modem left data mode by itself or refused to enter it. Reads by commands what the
   * modem still holds of a connection that stands no more, and resolves to whether it stands (then nothing needs to be
   * read: it comes in data mode). `deliver` passes on to `onData`; it is awaited before more is read. What it rejects
   * with ends the stream: nothing of it reaches `settle` again.
   */
  settle(deliver: (data: Buffer) => Promise<void>): Promise<boolean>;
  /** What has arrived, in order and cut anywhere. While the promise is pending nothing more is read. */
  onData(data: Buffer): void | Promise<void>;
  /**
   * Once, after the last `onData`, when the stream has ended otherwise than by `close` or `end`. Without an error the
   * peer has closed. The line takes commands then; the socket's number is still the stream owner's to close.
   */
  onEnded(error?: ModemError): void;
}

/**
 * One socket in data mode. Steps out of it for commands of others and enters again; enters again, too, after the modem
 * left by itself while the connection stands.
 */
export class DirectStream {
  readonly #parts: DirectStreamParts;
  #link: DataLink | undefined;

  constructor(parts: DirectStreamParts) {
    this.#parts = parts;
  }

  /**
   * Enters data mode for the first time, by a command that may connect as well. `onData` may be called before this
   * resolves. When it rejects, neither `onData` nor `onEnded` is called any more.
   *
   * @throws {ModemError} as `Channel.openData`; the abort reason of `first.signal`
   */
  async open(first: Command): Promise<void> {
    this.#link = await this.#parts.channel.openData(first, {
      onData: (data) => this.#parts.onData(data),
      onWanted: () => undefined,
      onEnd: (end) => this.#left(end),
    });
  }

  /**
   * Resolves when the line has taken all of it; calls are carried out in their order. Waits while the stream has
   * stepped out. `signal` ends it between two writes, when a part may have been sent.
   *
   * @throws {ModemError} `CONNECTION_CLOSED`, or what ended the stream; the abort reason
   */
  async send(data: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#link === undefined) {
      throw new ModemError("CONNECTION_CLOSED", `${this.#parts.title}: the connection was closed`);
    }
    await this.#link.write(data);
  }

  /**
   * After what is being sent: leaves data mode for good, so that the socket can be closed by a command. `onData` may be
   * called until it resolves, `onEnded` is not. Never rejects; does nothing a second time.
   */
  async close(): Promise<void> {
    await this.#link?.leave();
  }

  /**
   * Ends it at once from outside, as when a URC says that the socket is gone: what is being sent rejects with `error`
   * (`CONNECTION_CLOSED` without one), and neither `onData` nor `onEnded` is called any more. Data mode is left if the
   * line is still in it. Resolves when the line takes commands again; never rejects.
   */
  async end(_error?: ModemError): Promise<void> {
    await this.close();
  }

  /**
   * To be called when a URC, or the answer to somebody's command, lets it be doubted that the connection stands: where
   * the stream has stepped out, `settle` is asked before it enters again.
   */
  doubt(): void {}

  #left(end: DataLinkEnd): void {
    this.#link = undefined;
    if (end === "ended" || end === "cut") this.#parts.onEnded();
    else if (end !== "left") this.#parts.onEnded(end);
  }
}
