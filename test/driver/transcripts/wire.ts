import { vi } from "vitest";
import { SimulatedTransport } from "../../../driver/transport/simulated";

/** A command line as it left the driver, and what was sent at its prompt. */
export interface Sent {
  readonly line: string;
  data: Buffer;
}

/** Changes a command line on its way to the modem, as a bad line does. */
export type Garble = (line: string) => string;

const COMMAND_LINE = /^AT[\x20-\x7e]*\r$/;

/** Everything that goes from the driver to simulated modems, from the making of this object until `restore`. */
export class Wire {
  readonly sent: Sent[] = [];
  garble: Garble = (line) => line;
  readonly restore: () => void;

  constructor() {
    const { write } = SimulatedTransport.prototype;
    const take = (bytes: Uint8Array): Uint8Array => this.#take(bytes);
    const spy = vi.spyOn(SimulatedTransport.prototype, "write").mockImplementation(function (
      this: SimulatedTransport,
      bytes,
    ) {
      return write.call(this, take(bytes));
    });
    this.restore = () => spy.mockRestore();
  }

  get lines(): string[] {
    return this.sent.map(({ line }) => line);
  }

  /** What was sent at the prompts of commands that begin like this. */
  dataOf(beginning: string): string[] {
    return this.sent.filter(({ line }) => line.startsWith(beginning)).map(({ data }) => data.toString("latin1"));
  }

  /** What was sent so far is of no concern: the flow ordered it. */
  forget(): void {
    this.sent.length = 0;
  }

  #take(bytes: Uint8Array): Uint8Array {
    const text = Buffer.from(bytes).toString("latin1");
    const last = this.sent.at(-1);
    if (!COMMAND_LINE.test(text)) {
      if (last !== undefined) last.data = Buffer.concat([last.data, bytes]);
      return bytes;
    }
    const line = text.slice(0, -1);
    this.sent.push({ line, data: Buffer.alloc(0) });
    return Buffer.from(`${this.garble(line)}\r`, "latin1");
  }
}
