import type { DataSink } from "../command";
import type { Arrival } from "../pacer";
import type { LineSettings } from "../settings";
import { EscapeSequence } from "./escape";

export interface DataModeListener {
  /** The host left with the escape sequence. */
  escaped(): void;
  /** Receives everything else that it sends. */
  received: DataSink;
  /** The bytes passed on have been taken. */
  taken(): void;
}

/** A line whose characters are data until the escape sequence. */
export class DataMode {
  readonly #listener: DataModeListener;
  readonly #escape: EscapeSequence;
  #taking: Promise<void> | undefined;

  constructor(settings: LineSettings, listener: DataModeListener) {
    this.#listener = listener;
    const escaped = () => listener.escaped();
    this.#escape = new EscapeSequence(settings.escape, settings.guard, escaped, (bytes) => this.#handOver(bytes));
  }

  /** Bytes passed on have not been taken yet: hold the host off (RTS/CTS). */
  get busy(): boolean {
    return this.#taking !== undefined;
  }

  feed(bytes: Buffer, arrival: Arrival): void {
    this.#escape.feed(bytes, arrival);
  }

  /** Leaves data mode without the escape sequence. */
  leave(): void {
    this.#escape.stop();
    this.#listener.escaped();
  }

  stop(): void {
    this.#escape.stop();
    this.#taking = undefined;
  }

  #handOver(bytes: Buffer): void {
    const taking = this.#listener.received(bytes);
    if (taking === undefined) return;
    this.#taking = taking;
    const done = () => {
      if (this.#taking !== taking) return;
      this.#taking = undefined;
      this.#listener.taken();
    };
    taking.then(done, done);
  }
}
