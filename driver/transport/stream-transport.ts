import type { Duplex } from "node:stream";
import { ModemError, NotReadyError, shortPort } from "../errors";
import type { Transport, TransportLoss } from "./transport";

/** Longest that `close()` waits for the system to let go of a port, in ms: a tty with output pending can hold on for 30 s. */
const CLOSE_LIMIT_MS = 1000;

/** A transport over a Node stream. Kinds of port differ in how they connect and in how they let go. */
export abstract class StreamTransport implements Transport {
  abstract readonly name: string;
  abstract readonly bytesPerSecond: number | undefined;

  #stream: Duplex | undefined;
  #opening: AbortController | undefined;
  /** The end of the last stream: a serial port stays locked until then. */
  #released: Promise<void> = Promise.resolve();
  #onData: (bytes: Buffer) => void = () => {};
  #onLost: (loss: TransportLoss) => void = () => {};
  readonly #failPendingWrites = new Set<(error: ModemError) => void>();

  /** Connects; the stream must be writable and must not have lost a byte when this resolves. */
  protected abstract connect(signal: AbortSignal): Promise<Duplex>;
  /** Lets go of a stream, in any state; resolves when the port may be opened again. */
  protected abstract disconnect(stream: Duplex): Promise<void>;

  async open(): Promise<void> {
    if (this.#stream !== undefined || this.#opening !== undefined) throw new Error(`${this.name} is open already`);
    const opening = new AbortController();
    this.#opening = opening;
    try {
      await this.#released;
      const stream = await this.connect(opening.signal);
      if (opening.signal.aborted) {
        await this.#letGo(stream);
        throw this.offline("was closed while it was being opened");
      }
      this.#attach(stream);
    } finally {
      this.#opening = undefined;
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined) return Promise.reject(this.offline("is not open"));
    return new Promise((resolve, reject) => {
      const fail = (error: ModemError): void => {
        this.#failPendingWrites.delete(fail);
        reject(error);
      };
      this.#failPendingWrites.add(fail);
      stream.write(bytes, (error) => {
        if (error) return fail(this.offline(`can't be written: ${error.message}`));
        this.#failPendingWrites.delete(fail);
        resolve();
      });
    });
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  async close(): Promise<void> {
    this.#opening?.abort(this.offline("was closed"));
    const stream = this.#detach("was closed");
    if (stream !== undefined) this.#released = this.#letGo(stream);
    await this.#released;
  }

  /** The listener takes the place of an earlier one. */
  onData(listener: (bytes: Buffer) => void): void {
    this.#onData = listener;
  }

  /** The listener takes the place of an earlier one. */
  onLost(listener: (loss: TransportLoss) => void): void {
    this.#onLost = listener;
  }

  /** To be called by a kind of port that finds out by itself that the line is gone. */
  protected lose(reason: string): void {
    const stream = this.#detach(`was lost: ${reason}`);
    if (stream === undefined) return;
    this.#released = this.#letGo(stream);
    this.#onLost({ reason });
  }

  protected offline(text: string, remedy = ""): ModemError {
    return new ModemError("MODEM_OFFLINE", this.#sentence(text, remedy));
  }

  /** There is nothing to open. */
  protected unplugged(text: string, remedy = ""): NotReadyError {
    return new NotReadyError("MODEM_OFFLINE", this.#sentence(text, remedy), `which is unplugged. ${remedy}`.trim());
  }

  #sentence(text: string, remedy: string): string {
    return `Port ${shortPort(this.name)} ${text}.${remedy === "" ? "" : ` ${remedy}`}`;
  }

  #attach(stream: Duplex): void {
    this.#stream = stream;
    const lose = (reason: string): void => {
      if (this.#stream === stream) this.lose(reason);
    };
    stream.on("data", (bytes: Buffer) => {
      if (this.#stream === stream) this.#onData(bytes);
    });
    // A stream without an error listener ends the process, so this one stays after the stream is let go.
    stream.on("error", (error: Error) => lose(error.message));
    stream.on("end", () => lose("the other end closed the connection"));
    stream.on("close", () => lose("the port went away"));
  }

  #detach(why: string): Duplex | undefined {
    const stream = this.#stream;
    this.#stream = undefined;
    for (const fail of [...this.#failPendingWrites]) fail(this.offline(why));
    return stream;
  }

  async #letGo(stream: Duplex): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_LIMIT_MS);
    });
    await Promise.race([this.disconnect(stream).catch(() => {}), limit]);
    clearTimeout(timer);
  }
}
