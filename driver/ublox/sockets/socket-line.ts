import type { Channel, UrcWaiter, WaitOptions } from "../../at/channel-types";
import type { Command, Response } from "../../at/command";
import type { DataLink, DataLinkEvents } from "../../at/data-mode/link";
import type { Dialect } from "../../at/dialect";
import type { Line } from "../../at/line";
import { unlessAborted } from "../../services/waiting/unless-aborted";

/**
 * The line as sockets use it. While one of them connects, the modem takes no command for another (AT facts 3, guide
 * 5.11): theirs wait here, and what is none of a socket's goes on.
 */
export class SocketLine implements Channel {
  readonly #channel: Channel;
  #connecting: Promise<void> | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  get bytesPerSecond(): number | undefined {
    return this.#channel.bytesPerSecond;
  }

  send(command: Command): Promise<Response> {
    if (this.#connecting === undefined) return this.#channel.send(command);
    return this.#free(command.signal).then(() => this.send(command));
  }

  openData(command: Command, events: DataLinkEvents): Promise<DataLink> {
    if (this.#connecting === undefined) return this.#channel.openData(command, events);
    return this.#free(command.signal).then(() => this.openData(command, events));
  }

  /** Runs `work` as the only one that connects. It gets the line on which nothing waits. */
  async connect<T>(work: (channel: Channel) => Promise<T>, signal: AbortSignal): Promise<T> {
    while (this.#connecting !== undefined) await this.#free(signal);
    signal.throwIfAborted();
    let release = (): void => undefined;
    this.#connecting = new Promise((resolve) => {
      release = resolve;
    });
    try {
      return await work(this.#channel);
    } finally {
      this.#connecting = undefined;
      release();
    }
  }

  waitForUrc<T>(match: (line: Line) => T | undefined, options: WaitOptions): UrcWaiter<T> {
    return this.#channel.waitForUrc(match, options);
  }

  onUrc(prefix: string, listener: (line: Line) => void): () => void {
    return this.#channel.onUrc(prefix, listener);
  }

  useDialect(dialect: Dialect): void {
    this.#channel.useDialect(dialect);
  }

  note(text: string): void {
    this.#channel.note(text);
  }

  #free(signal: AbortSignal | undefined): Promise<void> {
    const free = this.#connecting ?? Promise.resolve();
    return signal === undefined ? free : unlessAborted(free, signal);
  }
}
