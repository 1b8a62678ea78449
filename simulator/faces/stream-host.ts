import type { Readable, Writable } from "node:stream";
import type { Host, SerialLine } from "../line/serial-line";

/** Attaches a pair of streams to the host's end of a line until they close or the line is taken away. */
export class StreamHost implements Host {
  readonly #line: SerialLine;
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #close: () => void;

  constructor(line: SerialLine, input: Readable, output: Writable, close: () => void) {
    this.#line = line;
    this.#input = input;
    this.#output = output;
    this.#close = close;
    line.attach(this);
    input.on("data", (bytes: Buffer) => void this.#pass(bytes));
    output.on("drain", () => line.resume(this));
    for (const stream of new Set<Readable | Writable>([input, output])) {
      // A broken connection closes as well; nothing else matters.
      stream.on("error", () => this.#leave());
      stream.on("close", () => this.#leave());
    }
    input.on("end", () => this.#leave());
  }

  receive(bytes: Buffer): boolean {
    return this.#output.write(bytes);
  }

  hangUp(): void {
    this.#close();
  }

  async #pass(bytes: Buffer): Promise<void> {
    this.#input.pause();
    // A device stays when another client takes over the line; the next input on the device takes the line back.
    this.#line.attach(this);
    await this.#line.send(this, bytes);
    this.#input.resume();
  }

  #leave(): void {
    this.#line.detach(this);
  }
}
